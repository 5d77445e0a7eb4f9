//! How is a Postgres made to hang, with every connection that it has?

use std::process::Command;

use upload_gateway::sandbox::postgres::Postgres;

use crate::database::Database;

/// Every process of one server, stopped where each was.
pub(crate) struct Frozen(Vec<i32>);

impl Frozen {
    /// From here on it neither answers nor refuses.
    pub(crate) async fn freeze(postgres: &Postgres, database: &Database) -> Self {
        let statement =
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        let mut processes: Vec<i32> = sqlx::query_scalar(statement).fetch_all(&database.pool).await.expect("processes");
        // The one that makes new backends, too.
        processes.push(i32::try_from(postgres.pid()).expect("a process"));
        let frozen = Self(processes);
        frozen.signal("-STOP");
        frozen
    }

    /// It goes on where it was.
    pub(crate) fn thaw(self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        for process in &self.0 {
            assert!(Command::new("kill").args([name, &process.to_string()]).status().expect("kill").success());
        }
    }
}
