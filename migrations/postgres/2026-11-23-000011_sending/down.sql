DROP INDEX message_unknown;
