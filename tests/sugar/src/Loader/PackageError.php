<?php

/** Why a package was refused: a sentence that says what is wrong and where. */

declare(strict_types=1);

namespace Standin\Loader;

final class PackageError extends \RuntimeException
{
    /** @param string $message one of Sugar's headings */
    public function __construct(string $message, public readonly string $sentence)
    {
        parent::__construct($message . ': ' . $sentence);
        $this->heading = $message;
    }

    public readonly string $heading;
}
