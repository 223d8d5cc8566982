<?php

/** Stand-in for $GLOBALS['log']: lines in DATA/sugarcrm.log. */

class LoggerManager
{
    private static ?self $logger = null;

    public function __construct(private readonly string $file)
    {
        self::$logger = $this;
    }

    public static function getLogger()
    {
        return self::$logger;
    }

    public function __call($level, $arguments)
    {
        $text = is_string($arguments[0] ?? '') ? $arguments[0] ?? '' : json_encode($arguments[0]);
        file_put_contents($this->file, gmdate('c') . " [$level] $text\n", FILE_APPEND);
    }
}
