//! Does the private Postgres start, stop, survive and refuse as it should? Against the real server.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::*;

/// The working directory of a child that is to be killed has a file of this name.
const MARKER: &str = "start-postgres-here";

fn options(directory: &Path) -> Options {
    Options {
        directory: directory.to_owned(),
        pg_bin: None,
        search_path: None,
        download_directory: directory.with_file_name("downloads"),
    }
}

async fn connect(postgres: &Postgres) -> PgConnection {
    PgConnection::connect(&postgres.url()).await.unwrap()
}

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(connection).await.unwrap()
}

/// Commits one row.
async fn remember(postgres: &Postgres) {
    let mut connection = connect(postgres).await;
    sqlx::query("create table remembered as select 42 as answer").execute(&mut connection).await.unwrap();
}

async fn answer(postgres: &Postgres) -> i32 {
    sqlx::query_scalar("select answer from remembered").fetch_one(&mut connect(postgres).await).await.unwrap()
}

fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap()
}

fn has_process(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn is_root(place: &TempDir) -> bool {
    place.path().metadata().unwrap().uid() == 0
}

#[tokio::test]
async fn a_new_server_is_private_durable_and_has_the_database() {
    let place = tempfile::tempdir().unwrap();
    let mut postgres = Postgres::start(options(&place.path().join("a b?%ü"))).await.unwrap();
    let mut connection = connect(&postgres).await;
    assert_eq!(setting(&mut connection, "fsync").await, "on");
    assert_eq!(setting(&mut connection, "listen_addresses").await, "");
    assert_eq!(setting(&mut connection, "server_encoding").await, "UTF8");
    assert_eq!(setting(&mut connection, "max_connections").await, "300");
    sqlx::query("create database \"an/other one\"").execute(&mut connection).await.unwrap();
    PgConnection::connect(&postgres.url_for("an/other one")).await.unwrap();
    let directory = place.path().join("a b?%ü");
    for private in [&directory, &directory.join("socket"), &directory.join("cluster")] {
        assert_eq!(private.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    postgres.stop().await.unwrap();
    assert!(!has_process(postgres.pid()));
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_stop_and_after_a_crash() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("postgres");
    let mut postgres = Postgres::start(options(&directory)).await.unwrap();
    remember(&postgres).await;
    postgres.stop().await.unwrap();
    let mut postgres = Postgres::start(options(&directory)).await.unwrap();
    assert_eq!(answer(&postgres).await, 42);
    postgres.crash().await.unwrap();
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    assert!(log(&directory).contains("not properly shut down"), "{}", log(&directory));
    assert_eq!(answer(&postgres).await, 42);
}

#[tokio::test]
async fn a_second_sandbox_on_the_same_directory_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("postgres");
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    let error = Postgres::start(options(&directory)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("a sandbox is already running on {}", directory.display()));
    connect(&postgres).await;
}

#[tokio::test]
async fn a_server_whose_owner_was_dropped_makes_way_for_the_next() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("postgres");
    let first = Postgres::start(options(&directory)).await.unwrap();
    let pid = first.pid();
    drop(first);
    let second = Postgres::start(options(&directory)).await.unwrap();
    assert_ne!(second.pid(), pid);
    assert!(!has_process(pid));
}

#[tokio::test]
async fn a_postmaster_that_was_killed_does_not_block_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("postgres");
    let mut postgres = Postgres::start(options(&directory)).await.unwrap();
    remember(&postgres).await;
    let killed = Command::new("kill").args(["-s", "KILL", &postgres.pid().to_string()]).status().unwrap();
    assert!(killed.success());
    postgres.stop().await.unwrap();
    assert!(directory.join("cluster/postmaster.pid").exists());
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    assert_eq!(answer(&postgres).await, 42);
}

/// Not a test of its own: the sandbox that [`a_killed_sandbox_takes_its_postgres_along`] kills. Run without the marker,
/// as in every ordinary run of all tests, it has nothing to do.
#[tokio::test]
async fn the_sandbox_that_is_killed() {
    if !Path::new(MARKER).exists() {
        return;
    }
    let directory = std::env::current_dir().unwrap().join("postgres");
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    remember(&postgres).await;
    let mut open_transaction = connect(&postgres).await;
    sqlx::raw_sql("begin; delete from remembered").execute(&mut open_transaction).await.unwrap();
    writeln!(std::io::stdout(), "\nready {}", postgres.pid()).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_sandbox_takes_its_postgres_along() {
    // As root: first in a user namespace, then as an unprivileged user.
    for mode in [0o700, 0o755] {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(mode)).unwrap();
        kill_a_sandbox(&place).await;
    }
}

async fn kill_a_sandbox(place: &TempDir) {
    fs::write(place.path().join(MARKER), "").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::postgres::tests::the_sandbox_that_is_killed", "--nocapture"])
        .current_dir(place.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let pid = said.filter_map(|line| line.strip_prefix("ready ")?.parse::<u32>().ok()).next().unwrap();
    assert!(has_process(pid));
    // SIGKILL: nothing in the child can react to it.
    child.kill().unwrap();
    child.wait().unwrap();

    let directory = place.path().join("postgres");
    let mut glance = interval(GLANCE);
    let gone = async {
        while has_process(pid) {
            glance.tick().await;
        }
    };
    timeout(STOP, gone).await.unwrap();
    assert!(log(&directory).contains("database system is shut down"), "{}", log(&directory));
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    assert_eq!(answer(&postgres).await, 42);
    assert!(log(&directory).contains("database system was shut down at"), "{}", log(&directory));
}

#[tokio::test]
async fn root_runs_it_as_somebody_else_who_owns_the_files() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let directory = place.path().join("postgres");
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    let owner = directory.join("cluster/PG_VERSION").metadata().unwrap().uid();
    let runner = fs::metadata(format!("/proc/{}", postgres.pid())).unwrap().uid();
    assert_eq!(owner, runner);
    assert_ne!(runner, 0, "Postgres runs as root");
}

#[tokio::test]
async fn root_runs_it_in_a_namespace_below_a_home_that_only_root_may_enter() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o700)).unwrap();
    if !is_root(&place) {
        return;
    }
    let directory = place.path().join("postgres");
    let mut postgres = Postgres::start(options(&directory)).await.unwrap();
    assert_eq!(directory.join("cluster/PG_VERSION").metadata().unwrap().uid(), 0);
    let inside = fs::read_to_string(format!("/proc/{}/uid_map", postgres.pid())).unwrap();
    assert_eq!(inside.split_whitespace().nth(1), Some("0"), "{inside}");
    remember(&postgres).await;
    postgres.stop().await.unwrap();

    // And when the home is opened, the same files go to the unprivileged user.
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let postgres = Postgres::start(options(&directory)).await.unwrap();
    assert_ne!(directory.join("cluster/PG_VERSION").metadata().unwrap().uid(), 0);
    assert_eq!(answer(&postgres).await, 42);
}

#[tokio::test]
async fn root_is_told_what_to_do_when_nobody_else_can_reach_the_files() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o700)).unwrap();
    if !is_root(&place) {
        return;
    }
    // No `unshare` on this search path.
    let options = Options { search_path: Some(OsString::new()), ..options(&place.path().join("postgres")) };
    let error = Postgres::start(options).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { path, .. } if path == place.path()), "{error}");
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[tokio::test]
async fn files_of_another_major_version_are_refused_and_reset_is_named() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("postgres");
    fs::create_dir_all(directory.join("cluster")).unwrap();
    fs::write(directory.join("lock"), "").unwrap();
    fs::write(directory.join("cluster/PG_VERSION"), "9.6\n").unwrap();
    let error = Postgres::start(options(&directory)).await.unwrap_err().to_string();
    assert!(error.contains("written by Postgres 9.6") && error.contains("--reset"), "{error}");
}

#[tokio::test]
async fn a_server_that_dies_is_reported_in_its_own_words() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("postgres");
    Postgres::start(options(&directory)).await.unwrap().stop().await.unwrap();
    fs::write(directory.join("cluster/postgresql.auto.conf"), "no_such_setting = 1\n").unwrap();
    let error = Postgres::start(options(&directory)).await.unwrap_err();
    assert!(matches!(&error, Error::Died { log } if log.contains("no_such_setting")), "{error}");
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket_that_is_removed_afterwards() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("x".repeat(100));
    let mut postgres = Postgres::start(options(&directory)).await.unwrap();
    remember(&postgres).await;
    let sockets = postgres.sockets.path().to_owned();
    assert!(sockets.exists() && !sockets.starts_with(place.path()));
    postgres.stop().await.unwrap();
    assert!(!sockets.exists());
}
