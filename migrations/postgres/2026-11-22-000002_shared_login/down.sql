DROP TABLE shared_login;
