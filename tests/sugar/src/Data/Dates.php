<?php

/** Dates as Sugar keeps them (UTC, "Y-m-d H:i:s") and as it shows them (ISO 8601 with the user's own offset). */

declare(strict_types=1);

namespace Standin\Data;

use DateTimeImmutable;
use DateTimeZone;

final class Dates
{
    public static function now(): string
    {
        return gmdate('Y-m-d H:i:s');
    }

    public static function toDatabase(string $value): ?string
    {
        if ($value === '') {
            return null;
        }
        try {
            $date = new DateTimeImmutable($value, new DateTimeZone('UTC'));
        } catch (\Exception) {
            return null;
        }
        return $date->setTimezone(new DateTimeZone('UTC'))->format('Y-m-d H:i:s');
    }

    public static function toUser(?string $value, string $timezone): ?string
    {
        if ($value === null || $value === '') {
            return $value;
        }
        return (new DateTimeImmutable($value, new DateTimeZone('UTC')))
            ->setTimezone(new DateTimeZone($timezone))
            ->format('Y-m-d\TH:i:sP');
    }
}
