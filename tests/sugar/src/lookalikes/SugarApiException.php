<?php

/** Stand-in for Sugar's API exceptions: the statuses and labels of the public exception table. */

class SugarApiException extends Exception
{
    public $httpCode = 400;
    public $errorLabel = 'unknown_error';

    public function __construct($messageLabel = null, $msgArgs = null, $moduleName = null, $httpCode = 0, $errorLabel = null)
    {
        $this->httpCode = $httpCode ?: $this->httpCode;
        $this->errorLabel = $errorLabel ?: $this->errorLabel;
        parent::__construct($messageLabel ?: $this->errorLabel);
    }

    public function getHttpCode()
    {
        return $this->httpCode;
    }
}

class SugarApiExceptionError extends SugarApiException
{
    public $httpCode = 500;
    public $errorLabel = 'fatal_error';
}

class SugarApiExceptionNeedLogin extends SugarApiException
{
    public $httpCode = 401;
    public $errorLabel = 'need_login';
}

class SugarApiExceptionInvalidGrant extends SugarApiException
{
    public $httpCode = 401;
    public $errorLabel = 'invalid_grant';
}

class SugarApiExceptionNotAuthorized extends SugarApiException
{
    public $httpCode = 403;
    public $errorLabel = 'not_authorized';
}

class SugarApiExceptionNotFound extends SugarApiException
{
    public $httpCode = 404;
    public $errorLabel = 'not_found';
}

class SugarApiExceptionEditConflict extends SugarApiException
{
    public $httpCode = 409;
    public $errorLabel = 'edit_conflict';
}

class SugarApiExceptionMissingParameter extends SugarApiException
{
    public $httpCode = 422;
    public $errorLabel = 'missing_parameter';
}

class SugarApiExceptionInvalidParameter extends SugarApiException
{
    public $httpCode = 422;
    public $errorLabel = 'invalid_parameter';
}
