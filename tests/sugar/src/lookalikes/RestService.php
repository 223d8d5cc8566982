<?php

/** The service object of one REST request. */

class RestService extends ServiceBase
{
    public function __construct(Standin\Rest\Call $call, ?User $user)
    {
        $this->user = $user;
        $this->platform = $call->platform;
    }
}
