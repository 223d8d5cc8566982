<?php

/** Stand-in for Sugar's base class of REST endpoints; written from the public guide. */

class SugarApi
{
    public function registerApiRest()
    {
        return [];
    }

    /** @throws SugarApiExceptionMissingParameter for the first field that is not there */
    public function requireArgs(array $args, $requiredFields = [])
    {
        foreach ($requiredFields as $field) {
            if (!array_key_exists($field, $args)) {
                throw new SugarApiExceptionMissingParameter("Missing parameter: $field");
            }
        }
    }

    /** The record that `module` and `record` name, when the caller may do $action with it. */
    protected function loadBean(ServiceBase $api, array $args, $aclToCheck = 'view', $options = [])
    {
        $this->requireArgs($args, ['module', 'record']);
        $bean = BeanFactory::retrieveBean($args['module'], $args['record']);
        if ($bean === null) {
            throw new SugarApiExceptionNotFound("Could not find record: {$args['record']} in module: {$args['module']}");
        }
        if (!$bean->ACLAccess($aclToCheck)) {
            throw new SugarApiExceptionNotAuthorized();
        }
        return $bean;
    }
}
