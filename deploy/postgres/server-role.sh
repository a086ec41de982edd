#!/bin/bash
# Run by the image of PostgreSQL when it makes its data: the role that the server works with, held by row-level security.
# On data that is there already: docker compose exec database /docker-entrypoint-initdb.d/server-role.sh
set -euo pipefail
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --set=password="$SERVER_PASSWORD" <<'SQL'
select 'create role phoenix_server' where not exists (select from pg_roles where rolname = 'phoenix_server') \gexec
alter role phoenix_server login nosuperuser nobypassrls nocreatedb nocreaterole password :'password';
SQL
