//! Does each thing around the gateway that is set up wrongly turn its own check, and no other?

use std::time::Duration;

use serde_json::json;
use upload_gateway::doctor::Outcome::{self, Failed, Unknown, Warning};
use upload_gateway::model::Clock;
use upload_gateway::sandbox::aws::{BucketSettings, QueueSettings, Trust};
use upload_gateway::sandbox::cognito::Settings;

use crate::doctor_ward::{OBJECTS, Turned, Ward, role_policy, role_policy_with, turned};
use crate::store;

const CLAIM: &str = "custom:customerName";
/// What is wrong, how it is made so, and what then turns.
type Fault<'a> = (&'static str, Box<dyn Fn() + 'a>, Turned);

const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Another client of the pool, as the gateway's own is set up, but for that.
fn another(pool: &mut Settings, change: impl FnOnce(&mut Settings)) {
    let mut client = Settings { others: Vec::new(), ..pool.clone() };
    change(&mut client);
    pool.others.push((format!("other-{}", pool.others.len()), client));
}

#[tokio::test]
async fn each_fault_of_the_world_turns_its_own_check_and_no_other() {
    let ward = Ward::open().await;
    let (aws, cognito) = (&ward.neighbours().aws, &ward.neighbours().cognito);
    let bucket = |change: fn(&mut BucketSettings)| move || aws.change_bucket(change);
    let queue = |change: fn(&mut QueueSettings)| move || aws.change_queue(change);
    let trust = |change: fn(&mut Trust)| move || aws.change_trust(change);
    let pool = |change: fn(&mut Settings)| move || cognito.change_settings(change);
    let role = |actions: &'static [&'static str], below: &'static str| {
        move || aws.set_role_policy(&role_policy(actions, below)).unwrap()
    };
    let besides = |action: &'static str, resource: &'static str| {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": format!("arn:aws:s3:::{resource}")});
        move || aws.set_role_policy(&role_policy_with(statement.clone())).unwrap()
    };
    let own = "${aws:PrincipalTag/customerName}/*";
    let table: Vec<Fault<'_>> = vec![
        ("all is well", Box::new(|| ()), &[]),
        ("a session without a tag", Box::new(trust(|t| t.requires_tag = false)), &[("upload role", Failed)]),
        ("a session with an empty tag", Box::new(trust(|t| t.takes_empty_tag = true)), &[("upload role", Failed)]),
        ("a session with any tags", Box::new(trust(|t| t.takes_other_tags = true)), &[("upload role", Warning)]),
        ("a role for the whole bucket", Box::new(role(&OBJECTS, "*")), &[("tenants apart", Failed)]),
        (
            "a role without the slash",
            Box::new(role(&OBJECTS, "${aws:PrincipalTag/customerName}*")),
            &[("tenants apart", Failed)],
        ),
        (
            "a role that may not write",
            Box::new(role(&["s3:GetObject"], own)),
            &[("bucket", Failed), ("tenants apart", Unknown)],
        ),
        (
            "a role for the whole bucket that something else keeps from writing",
            Box::new(role(&["s3:GetObject"], "*")),
            &[("bucket", Failed), ("tenants apart", Unknown)],
        ),
        (
            "a role that lists any tenant's objects",
            Box::new(besides("s3:ListBucket", "uploads")),
            &[("tenants apart", Failed)],
        ),
        (
            "a role that aborts any tenant's uploads",
            Box::new(besides("s3:AbortMultipartUpload", "uploads/*")),
            &[("tenants apart", Failed)],
        ),
        (
            "a role that reaches nothing",
            Box::new(|| {
                aws.set_role_policy(&role_policy(&OBJECTS, "elsewhere/*").replace("uploads\"", "x\"")).unwrap()
            }),
            &[("bucket", Failed), ("tenants apart", Unknown)],
        ),
        (
            "short sessions",
            Box::new(|| aws.set_longest_session(Duration::from_secs(1200))),
            &[("session length", Warning)],
        ),
        ("open doors", Box::new(bucket(|b| b.blocks_public_access = Some(false))), &[("public access", Failed)]),
        ("no word of doors", Box::new(bucket(|b| b.blocks_public_access = None)), &[("public access", Failed)]),
        (
            "access lists",
            Box::new(bucket(|b| b.ownership = Some("ObjectWriter".to_owned()))),
            &[("object ownership", Failed)],
        ),
        ("no word of ownership", Box::new(bucket(|b| b.ownership = None)), &[("object ownership", Failed)]),
        (
            "a key that sessions may not use",
            Box::new(bucket(|b| b.kms_key = Some("arn:aws:kms:eu-central-1:0:key/a".to_owned()))),
            &[("encryption", Failed)],
        ),
        ("versions", Box::new(bucket(|b| b.is_versioned = true)), &[]),
        ("no lifecycle", Box::new(bucket(|b| b.aborts_uploads = None)), &[("lifecycle", Warning)]),
        (
            "a lifecycle for one tenant",
            Box::new(bucket(|b| b.aborts_uploads = Some((7, "acme/".to_owned())))),
            &[("lifecycle", Warning)],
        ),
        ("no bucket policy", Box::new(bucket(|b| b.policy = None)), &[("TLS alone", Warning)]),
        ("no notification", Box::new(bucket(|b| b.notification = None)), &[("event delivery", Failed)]),
        (
            "a notification of some keys",
            Box::new(bucket(|b| b.notification.as_mut().unwrap().2 = "acme/".to_owned())),
            &[("event delivery", Failed)],
        ),
        (
            "a notification of some events",
            Box::new(bucket(|b| b.notification.as_mut().unwrap().1 = "s3:ObjectCreated:Put".to_owned())),
            &[("event delivery", Failed)],
        ),
        (
            "a notification of another queue",
            Box::new(bucket(|b| b.notification.as_mut().unwrap().0.push_str("-old"))),
            &[("event delivery", Failed)],
        ),
        ("a queue that S3 may not send to", Box::new(queue(|q| q.policy = None)), &[("event delivery", Failed)]),
        ("no dead letters", Box::new(queue(|q| q.has_dead_letters = false)), &[("event delivery", Warning)]),
        (
            "tokens that choose their tenant",
            Box::new(pool(|p| {
                p.write_attributes.push(CLAIM.to_owned());
                p.auth_flows = vec!["ALLOW_REFRESH_TOKEN_AUTH".to_owned()];
                p.oauth_scopes.push(ADMIN_SCOPE.to_owned());
            })),
            &[("app client", Failed)],
        ),
        (
            "a scope that pages need not have",
            Box::new(pool(|p| p.oauth_scopes.push(ADMIN_SCOPE.to_owned()))),
            &[("app client", Warning)],
        ),
        (
            "a sign-in over the API that chooses its tenant",
            Box::new(pool(|p| p.write_attributes.push(CLAIM.to_owned()))),
            &[("app client", Failed)],
        ),
        (
            "the flows that AWS gives who names none",
            Box::new(pool(|p| {
                p.write_attributes.push(CLAIM.to_owned());
                p.auth_flows.clear();
            })),
            &[("app client", Failed)],
        ),
        (
            "a client for people of identity providers",
            Box::new(pool(|p| {
                p.write_attributes.push(CLAIM.to_owned());
                p.auth_flows = vec!["ALLOW_REFRESH_TOKEN_AUTH".to_owned()];
            })),
            &[],
        ),
        ("the attributes that AWS gives who names none", Box::new(pool(|p| p.write_attributes.clear())), &[]),
        ("an implicit flow", Box::new(pool(|p| p.oauth_flows.push("implicit".to_owned()))), &[("app client", Failed)]),
        ("no code flow", Box::new(pool(|p| p.oauth_flows.clear())), &[("app client", Failed)]),
        ("a secret", Box::new(pool(|p| p.has_secret = true)), &[("app client", Failed)]),
        (
            "a portal that nobody comes back to",
            Box::new(pool(|p| p.callback_urls = vec!["https://uploads.example.com/".to_owned()])),
            &[("app client", Failed), ("app client", Warning)],
        ),
        ("who has an account is told", Box::new(pool(|p| p.hides_who_exists = false)), &[("app client", Warning)]),
        ("tokens for ever", Box::new(pool(|p| p.revokes_tokens = false)), &[("app client", Warning)]),
        (
            "tokens without a tenant",
            Box::new(pool(|p| p.read_attributes = vec!["email".to_owned()])),
            &[("app client", Warning)],
        ),
        ("another client that changes nothing", Box::new(pool(|p| another(p, |_| ()))), &[]),
        (
            "another client that tells who exists",
            Box::new(pool(|p| another(p, |other| other.hides_who_exists = false))),
            &[],
        ),
        (
            "another client that writes the claim",
            Box::new(pool(|p| another(p, |other| other.write_attributes.push(CLAIM.to_owned())))),
            &[("app client", Failed)],
        ),
        (
            "the last of many clients that writes the claim",
            Box::new(pool(|p| {
                (0..120).for_each(|_| another(p, |_| ()));
                another(p, |other| other.write_attributes.push(CLAIM.to_owned()));
            })),
            &[("app client", Failed)],
        ),
        (
            "registration as any tenant by another client",
            Box::new(pool(|p| {
                p.lets_anybody_register = true;
                another(p, |other| {
                    other.write_attributes.push(CLAIM.to_owned());
                    other.auth_flows = vec!["ALLOW_REFRESH_TOKEN_AUTH".to_owned()];
                });
            })),
            &[("user pool", Failed)],
        ),
        ("registration", Box::new(pool(|p| p.lets_anybody_register = true)), &[("user pool", Warning)]),
        (
            "registration as any tenant",
            Box::new(pool(|p| {
                p.lets_anybody_register = true;
                p.write_attributes.push(CLAIM.to_owned());
                p.auth_flows = vec!["ALLOW_REFRESH_TOKEN_AUTH".to_owned()];
            })),
            &[("user pool", Failed)],
        ),
        ("no CORS rules", Box::new(|| aws.set_cors(&[])), &[("bucket CORS", Failed), ("bucket CORS", Warning)]),
    ];
    for (fault, commit, expected) in table {
        ward.mend();
        commit();
        let report = ward.examine(&ward.config(), Clock::system()).await;
        assert_eq!(turned(&report), expected, "{fault}: {report}");
        assert_eq!(report.is_healthy(), !expected.iter().any(|(_, outcome)| *outcome == Outcome::Failed), "{fault}");
        assert!(!report.to_string().contains("sandbox-client-secret"));
        assert_eq!(store::keys(&ward.gateway).await, Vec::<String>::new(), "{fault}: what went through is removed");
    }
}
