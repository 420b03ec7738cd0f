#!/bin/bash
# Runs once, when the database is new: the service's own role. It owns its database and is no superuser.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username postgres --dbname recstore --set password="$(cat /run/secrets/database_password)" << 'SQL'
CREATE ROLE recstore LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
ALTER DATABASE recstore OWNER TO recstore;
ALTER SCHEMA public OWNER TO recstore;
SQL
