//! Who stands around the services under load? S3, STS and a user pool on loopback, and tokens in files.
//!
//! `stage DIRECTORY` prints one line of JSON with the addresses, then answers each line on standard input with one line:
//! `mint FILE TOKENS PEOPLE TENANTS [GROUP]` writes tokens, `counts` says how often STS and the key endpoint were asked. It ends
//! with standard input.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use upload_gateway::model::Clock;
use upload_gateway::sandbox::cognito::{Cognito, SigningKeys, User};
use upload_gateway::sandbox::neighbours::{self, Neighbours};
use uuid::Uuid;

/// Of a token. Longer than any run.
const LIFE: Duration = Duration::from_hours(24);

/// The person whose claims all others' are made from.
const FIRST: &str = "person-0@load.example";

/// Whose tokens are minted.
#[derive(Clone, Copy)]
struct Of<'a> {
    people: usize,
    tenants: usize,
    /// The only group that they are in, if any.
    group: Option<&'a str>,
}

fn main() -> anyhow::Result<()> {
    let directory = std::env::args_os().nth(1).context("stage DIRECTORY")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let neighbours = runtime.block_on(start(Path::new(&directory)))?;
    say(&addresses(&neighbours))?;
    let mut looked_at = 0;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words.as_slice() {
            ["mint", file, tokens, people, tenants, group @ ..] => {
                let of = Of { people: people.parse()?, tenants: tenants.parse()?, group: group.first().copied() };
                mint(&neighbours.cognito, Path::new(file), tokens.parse()?, of)?
            }
            ["counts"] => counts(&neighbours, &mut looked_at),
            _ => anyhow::bail!("no such command: {line}"),
        };
        say(&answer)?;
    }
    runtime.block_on(neighbours.stop());
    Ok(())
}

async fn start(directory: &Path) -> anyhow::Result<Neighbours> {
    let first = User {
        email: FIRST.to_owned(),
        password: "Nobody-signs-in-0".into(),
        sub: Uuid::from_u128(0),
        customer_name: Some(String::new()),
        groups: Vec::new(),
        provider: None,
    };
    let options = neighbours::Options {
        data_dir: directory.to_owned(),
        s3_port: 0,
        cognito_port: 0,
        keys: SigningKeys::generate()?,
        people: vec![first],
        self_sign_up: false,
        // Each service has a database of its own, and what stands around it needs none.
        database_url: String::new(),
        clock: Clock::system(),
        events: false,
    };
    Ok(Neighbours::start(options).await?)
}

fn addresses(neighbours: &Neighbours) -> Value {
    let (key_id, secret) = neighbours.aws.gateway_credentials();
    json!({
        "issuer": neighbours.cognito.issuer(),
        "jwksUrl": neighbours.cognito.jwks_url(),
        "cognitoUrl": neighbours.cognito.url(),
        "clientId": neighbours.cognito.client_id(),
        "awsUrl": neighbours.aws.url(),
        "roleArn": neighbours.aws.role_arn(),
        "accessKeyId": key_id,
        "secretAccessKey": secret,
        "bucket": neighbours::BUCKET,
        "region": neighbours::REGION,
    })
}

/// One token a line, each with a `jti` of its own. Person `n` belongs to the tenant whose claim is `Customer n`, modulo
/// the number of tenants.
fn mint(cognito: &Cognito, file: &Path, tokens: usize, of: Of) -> anyhow::Result<Value> {
    let claims = cognito.id_claims(FIRST)?;
    let threads = std::thread::available_parallelism()?.get();
    let share = |thread: usize| -> Vec<String> {
        (thread..tokens).step_by(threads).map(|number| token(cognito, &claims, number, of)).collect()
    };
    let shares: Vec<Vec<String>> = std::thread::scope(|scope| {
        let minting: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        minting.into_iter().map(|minted| minted.join().unwrap_or_default()).collect()
    });
    let mut out = BufWriter::new(File::create(file)?);
    // In the order of their numbers, so that whoever reads the first of them has people of every tenant.
    for number in 0..tokens {
        if let Some(token) = shares.get(number % threads).and_then(|share| share.get(number / threads)) {
            writeln!(out, "{token}")?;
        }
    }
    out.flush()?;
    Ok(json!({ "minted": shares.iter().map(Vec::len).sum::<usize>() }))
}

fn token(cognito: &Cognito, claims: &Value, number: usize, Of { people, tenants, group }: Of) -> String {
    let person = number % people;
    let subject = Uuid::from_u128(0x6c6f_6164_0000_4000_8000_0000_0000_0000 + person as u128).to_string();
    let mut claims = claims.clone();
    if let Some(claims) = claims.as_object_mut() {
        let expires = claims.get("iat").and_then(Value::as_u64).unwrap_or_default() + LIFE.as_secs();
        for (name, value) in [
            ("sub", json!(subject)),
            ("cognito:username", json!(subject)),
            ("email", json!(format!("person-{person}@load.example"))),
            ("custom:customerName", json!(format!("Customer {}", person % tenants))),
            ("jti", json!(Uuid::new_v4())),
            ("exp", json!(expires)),
        ] {
            claims.insert(name.to_owned(), value);
        }
        if let Some(group) = group {
            claims.insert("cognito:groups".to_owned(), json!([group]));
        }
    }
    cognito.sign(json!({"kid": cognito.kid(), "alg": "RS256"}), claims)
}

/// Since the start; and of the AssumeRole calls since the last such command, how many were for whom they were most for.
fn counts(neighbours: &Neighbours, looked_at: &mut usize) -> Value {
    let history = neighbours.aws.assume_role_history();
    let mut sessions: BTreeMap<&[(String, String)], u64> = BTreeMap::new();
    for call in history.iter().skip(*looked_at) {
        *sessions.entry(&call.tags).or_default() += 1;
    }
    *looked_at = history.len();
    json!({
        "assumeRole": neighbours.aws.assume_role_calls(),
        "jwks": neighbours.cognito.jwks_fetches(),
        "assumeRoleOfOneTenant": sessions.values().max().copied().unwrap_or_default(),
    })
}

fn say(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
