//! Does the ledger come to say what S3 holds, whoever was first, in whatever order, and whoever died on the way?
//!
//! Each case grants one upload and lets its client, S3's events and the reconciler loose on it, a few at a time, one step of
//! this one and then one of that. Any of them may die between two of its steps, and Postgres may lose its connections. Then
//! the reconciler alone goes on until it has nothing left to look at.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};

use crate::agreement::disagreements;
use crate::harness::SERVERS;
use crate::scene::{Act, EXPIRY, GRACE, Kind, LEASE, Play, Scene};
use crate::turns::{self, Turn};

/// Few enough for half a minute.
const CASES: u32 = 100;

/// Who acts, and after how many of its steps it dies, if it does.
type Actor = (Act, Option<u16>);

/// Some who act side by side, after a while.
#[derive(Debug, Clone)]
struct Round {
    after: Duration,
    actors: Vec<Actor>,
    turns: Vec<Turn>,
}

#[derive(Debug, Clone)]
struct Case {
    kind: Kind,
    /// The client may ask again.
    repeatable: bool,
    /// The gateway dies as it grants.
    grant_dies: Option<u16>,
    rounds: Vec<Round>,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Complete),
        2 => Just(Act::Withdraw),
        3 => (1u8..9).prop_map(Act::Event),
        4 => Just(Act::Sweep),
        3 => Just(Act::Send("hello world")),
        3 => Just(Act::Send("hello there")),
        2 => Just(Act::Smuggle),
        3 => Just(Act::AskAgain),
        1 => Just(Act::LoseConnections),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    let second = Duration::from_secs(1);
    let after = prop_oneof![
        4 => Just(Duration::ZERO),
        1 => Just(LEASE + second),
        1 => Just(EXPIRY + second),
        2 => Just(EXPIRY + GRACE + second),
    ];
    let actor = (act(), proptest::option::weighted(0.3, 1u16..16));
    let turns = proptest::collection::vec((0usize..4, 1u8..6), 1..16);
    (after, proptest::collection::vec(actor, 1..=4), turns).prop_map(|(after, actors, turns)| Round {
        after,
        actors,
        turns,
    })
}

fn case() -> impl Strategy<Value = Case> {
    let kind = prop_oneof![Just(Kind::Put), Just(Kind::Form), Just(Kind::OpenForm), Just(Kind::Parts)];
    let grant_dies = proptest::option::weighted(0.1, 1u16..16);
    (kind, any::<bool>(), grant_dies, proptest::collection::vec(round(), 1..=6))
        .prop_map(|(kind, repeatable, grant_dies, rounds)| Case { kind, repeatable, grant_dies, rounds })
}

/// Plays it, lets the reconciler come to its end, and gives back where the upload stands.
async fn play(scene: &Scene, case: &Case) -> Result<Option<&'static str>, TestCaseError> {
    scene.clear().await;
    let loose = scene.gateway.neighbours().aws.unfinished_uploads().await;
    let play = Play::new(scene, case.kind, case.repeatable);
    turns::run(vec![(Box::pin(play.grant()), case.grant_dies)], &[]).await;
    for round in &case.rounds {
        scene.travel(round.after);
        let Some(upload) = scene.upload().await else { break };
        let actors = round.actors.iter().map(|&(act, dies)| {
            // Its client and S3 are no part of the gateway, and what they do is done whole.
            let dies = dies.filter(|_| act.is_the_gateways());
            (play.act(act, &upload), dies)
        });
        turns::run(actors.collect(), &round.turns).await;
    }
    scene.come_to_rest().await?;
    let Some(upload) = scene.upload().await else { return Ok(None) };
    let mut found = disagreements(&scene.gateway, &scene.s3, &upload, GRACE).await;
    // One that dies between S3's answer and our record leaves parts that only the bucket's lifecycle rule ends.
    let kept = scene.gateway.neighbours().aws.unfinished_uploads().await - loose;
    if kept > play.lost_beginnings() {
        found.push(format!("S3 keeps parts of {kept} uploads, and {} beginnings were lost", play.lost_beginnings()));
    }
    prop_assert!(found.is_empty(), "{found:#?}\n{upload:#?}");
    Ok(Some(upload.status.as_str()))
}

#[test]
fn whoever_comes_first_and_whoever_dies_the_ledger_comes_to_say_what_s3_holds() {
    let scene = SERVERS.block_on(Scene::set());
    let ends: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let seeds = FileFailurePersistence::WithSource("proptest-regressions");
    let config = Config {
        cases: CASES,
        max_shrink_iters: 40,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(seeds)),
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&case(), |case| {
        let playing = async { tokio::time::timeout(Duration::from_secs(60), play(&scene, &case)).await };
        let end = SERVERS.block_on(playing).map_err(|_late| TestCaseError::fail("it hangs"))??;
        *ends.lock().expect("not poisoned").entry(end.unwrap_or("never granted")).or_default() += 1;
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let ends = ends.into_inner().expect("not poisoned");
    for end in ["completed", "failed", "aborted", "expired", "deleted"] {
        assert!(ends.contains_key(end), "no case ended so, which proves little: {ends:?}");
    }
    SERVERS.block_on(scene.strike());
}
