DROP TABLE settings_version;
DROP TABLE number_setting;
DROP TABLE gateway_setting;
