<?php

/** An error of Sugar's REST: status, stable label, and a text that Sugar translates (so nobody may match on it). */

declare(strict_types=1);

namespace Standin\Rest;

final class ApiError extends \RuntimeException
{
    private const TEXTS = [
        'fatal_error' => 'Your request failed to complete. A fatal error occurred. Check logs for more details.',
        'need_login' => 'You need to be logged in to perform this action.',
        'invalid_grant' => 'Your authentication token is invalid.',
        'not_authorized' => 'You are not authorized to perform this action. Contact your administrator if you need access.',
        'no_method' => 'Your request was not supported. Could not find the HTTP method of your request for this path.',
        'not_found' => 'Your requested resource was not found. Could not find a handler for the path specified in the request.',
        'edit_conflict' => 'Edit conflict, please reload the record data.',
        'metadata_out_of_date' => 'Your metadata or user hash did not match the server. Please resync your metadata.',
        'request_too_large' => 'Your request is too large.',
        'missing_parameter' => 'A required parameter for your request is missing.',
        'invalid_parameter' => 'A parameter in your request was invalid.',
        'maintenance' => 'Sugar is in maintenance mode.',
    ];

    private const STATUS = [
        'fatal_error' => 500, 'need_login' => 401, 'invalid_grant' => 401, 'not_authorized' => 403, 'no_method' => 404,
        'not_found' => 404, 'edit_conflict' => 409, 'metadata_out_of_date' => 412, 'request_too_large' => 413,
        'missing_parameter' => 422, 'invalid_parameter' => 422, 'maintenance' => 503,
    ];

    /** Set while the switch "translated" is on: Sugar answers in the language of the user. */
    public static bool $translated = false;

    public bool $isUnlisted = false;

    /** @param array<string, mixed> $extra further members of the body */
    public function __construct(
        public readonly string $label,
        string $text = '',
        public readonly int $status = 0,
        public readonly array $extra = []
    ) {
        parent::__construct($text ?: (self::TEXTS[$label] ?? $label));
    }

    public static function of(string $label, string $text = ''): self
    {
        return new self($label, $text, self::STATUS[$label] ?? 400);
    }

    /** For what the reference does not list: besides being answered it is noted, so that a test can fail on it. */
    public static function unlisted(string $label, string $text = ''): self
    {
        $error = self::of($label, $text);
        $error->isUnlisted = true;
        return $error;
    }

    public static function recordNotFound(string $id, string $module): self
    {
        return self::of('not_found', "Could not find record: $id in module: $module");
    }

    public function payload(): array
    {
        $text = self::$translated ? 'Ihre Anfrage konnte nicht bearbeitet werden.' : $this->getMessage();
        return ['error' => $this->label, 'error_message' => $text] + $this->extra;
    }
}
