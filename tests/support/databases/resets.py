"""Puts a PostgreSQL database of a test back to what it was, for the next test: much cheaper than another copy.

What it was is kept in a schema of its own: the rows of each table, the sequences, and a picture of the structure. A
database whose structure a test has changed, or that has grown, is not put back.
"""

from typing import Any

_KEEP = """
DROP SCHEMA IF EXISTS untouched CASCADE;  -- of the original that this one was copied from
CREATE SCHEMA untouched;

CREATE TABLE untouched.tables AS
SELECT relname AS name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns, false AS has_rows
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' GROUP BY relname;

CREATE TABLE untouched.sequences AS
SELECT sequencename AS name, coalesce(last_value, start_value) AS value, last_value IS NOT NULL AS is_called
FROM pg_sequences WHERE schemaname = 'public';

DO $$
DECLARE
    kept record;
    found boolean;
BEGIN
    FOR kept IN SELECT name FROM untouched.tables LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', kept.name) INTO found;
        IF found THEN
            EXECUTE format('CREATE TABLE untouched.%I AS TABLE public.%I', 'rows_of_' || kept.name, kept.name);
            UPDATE untouched.tables SET has_rows = true WHERE name = kept.name;
        END IF;
    END LOOP;
END $$;

-- Each change of a structure writes a row of a catalogue anew, under another transaction. The head of a partitioned
-- table is such a row for its first partition; statistics are there after an ANALYZE, and change plans.
CREATE FUNCTION untouched.structure() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', catalogue, rows, transactions), ', ' ORDER BY catalogue) FROM (
        SELECT 'relations' AS catalogue, count(*) AS rows, sum(xmin::text::bigint) AS transactions
        FROM pg_class WHERE oid >= 16384 AND relkind NOT IN ('p', 'I')
        UNION ALL SELECT 'heads', count(*), NULL FROM pg_class WHERE oid >= 16384 AND relkind IN ('p', 'I')
        UNION ALL SELECT 'columns', count(*), sum(xmin::text::bigint) FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT 'defaults', count(*), sum(xmin::text::bigint) FROM pg_attrdef WHERE oid >= 16384
        UNION ALL SELECT 'constraints', count(*), sum(xmin::text::bigint) FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT 'indexes', count(*), sum(xmin::text::bigint) FROM pg_index WHERE indexrelid >= 16384
        UNION ALL SELECT 'triggers', count(*), sum(xmin::text::bigint) FROM pg_trigger WHERE oid >= 16384
        UNION ALL SELECT 'functions', count(*), sum(xmin::text::bigint) FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'types', count(*), sum(xmin::text::bigint) FROM pg_type WHERE oid >= 16384
        UNION ALL SELECT 'schemas', count(*), sum(xmin::text::bigint) FROM pg_namespace WHERE oid >= 16384
        UNION ALL SELECT 'statistics', count(*), NULL FROM pg_statistic WHERE starelid >= 16384
        UNION ALL SELECT 'settings', count(*), NULL FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS catalogues
$$;

CREATE FUNCTION untouched.size() RETURNS numeric LANGUAGE sql AS $$
    SELECT sum(pg_relation_size(oid)) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
$$;

CREATE FUNCTION untouched.put_back(growth bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    FOR kept IN
        SELECT relname FROM pg_class LEFT JOIN untouched.tables ON name = relname
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relispartition AND name IS NULL
    LOOP
        EXECUTE format('DROP TABLE public.%I', kept.relname);
    END LOOP;
    PERFORM FROM untouched.whole WHERE structure = untouched.structure() AND untouched.size() < size + growth;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SET LOCAL session_replication_role = replica;  -- past the triggers that let nobody delete
    FOR kept IN  -- a table without a page never had a row
        SELECT tables.* FROM untouched.tables JOIN pg_class ON relname = name AND relnamespace = 'public'::regnamespace
        WHERE has_rows OR pg_relation_size(pg_class.oid) > 0
    LOOP
        EXECUTE format('DELETE FROM public.%I', kept.name);
        IF kept.has_rows THEN
            EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM untouched.%I',
                           kept.name, kept.columns, kept.columns, 'rows_of_' || kept.name);
        END IF;
    END LOOP;
    PERFORM setval(format('public.%I', kept_sequence.name)::regclass, kept_sequence.value, kept_sequence.is_called)
    FROM untouched.sequences AS kept_sequence JOIN pg_sequences ON schemaname = 'public' AND sequencename = name
    WHERE last_value IS DISTINCT FROM CASE WHEN is_called THEN value END;
    RETURN true;
END $$;

CREATE TABLE untouched.whole (structure text, size numeric);
INSERT INTO untouched.whole SELECT untouched.structure(), untouched.size();
"""
_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
GROWTH_BYTES = 4_000_000
"""How much larger a database may be that is used again: deleted rows stay in its files."""


async def keep(connection: Any) -> None:
    """Keeps what a database holds now, in itself and in each copy of it."""
    await connection.execute(_KEEP)


async def put_back(connection: Any) -> bool:
    """Ends all others' connections, puts back what was kept, and returns whether the database is as it was."""
    if await connection.fetchval(f"SELECT count(pg_terminate_backend(pid)) {_OTHERS}"):
        while await connection.fetchval(f"SELECT count(*) {_OTHERS}"):
            await connection.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.002)")
    is_as_it_was: bool = await connection.fetchval("SELECT untouched.put_back($1)", GROWTH_BYTES)
    return is_as_it_was
