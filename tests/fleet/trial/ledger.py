"""What Postgres says of the grants that callers were given, and the hand that makes uploads due."""

import psycopg


class Ledger:
    def __init__(self, url):
        self.url = url

    def ask(self, query, *parameters):
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, parameters).fetchone()[0]

    def count(self):
        return self.ask("select count(*) from uploads")

    def without_row(self, ids):
        return self.ask("select count(*) from unnest(%s::uuid[]) as g(id) where not exists (select from uploads u where u.id = g.id)", ids)

    def without_event(self, ids):
        return self.ask(
            "select count(*) from unnest(%s::uuid[]) as g(id)"
            " where not exists (select from audit_events e where e.upload_id = g.id and e.action = 'upload.granted')", ids)

    def make_due(self, how_many):
        """As if their URLs and the grace after them had ended, so that the reconciler has to look."""
        return self.ask(
            "with due as (update uploads set check_at = now(), expires_at = now() - interval '2 hours' where id in"
            " (select id from uploads where status = 'pending' order by id limit %s) returning 1) select count(*) from due", how_many)

    def expired(self):
        return self.ask("select count(*) from uploads where status = 'expired'")
