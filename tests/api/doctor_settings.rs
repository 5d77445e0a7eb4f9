//! Does the doctor see a configuration that does not fit the world, a clock that goes wrong, and what it may not look at?

use std::time::Duration;

use upload_gateway::config::Config;
use upload_gateway::doctor::Outcome::{Failed, Unknown, Warning};
use upload_gateway::model::Clock;

use crate::doctor_ward::{Turned, Ward, role_policy, turned};
use crate::store;

/// What is wrong, how the configuration is made so, and what then turns.
type Slip = (&'static str, fn(&mut Config), Turned);

#[tokio::test]
async fn each_fault_of_the_configuration_turns_its_own_check() {
    let ward = Ward::open().await;
    ward.mend();
    let table: Vec<Slip> = vec![
        (
            "longer sessions than there are",
            |c| c.upload.session_duration = Duration::from_secs(7200),
            &[("session length", Failed)],
        ),
        (
            "another role",
            |c| c.upload.role_arn = "arn:aws:iam::000000000000:role/other".to_owned(),
            &[("upload role", Failed), ("tenants apart", Unknown)],
        ),
        ("no queue", |c| c.events.queue_url = None, &[("event delivery", Warning)]),
        (
            "a queue that is not there",
            |c| c.events.queue_url.as_mut().unwrap().set_path("/000000000000/none"),
            &[("event delivery", Failed)],
        ),
        (
            "a claim that the pool does not have",
            |c| c.auth.tenant_claim = "custom:tenant".to_owned(),
            &[("user pool", Failed), ("app client", Warning)],
        ),
        (
            "a client that the pool does not have",
            |c| c.auth.pools[0].client_ids.push("none".to_owned()),
            &[("app client", Failed)],
        ),
        (
            "another pool",
            |c| c.auth.pools[0].issuer = c.auth.pools[0].issuer.replace("Sandbox01", "Sandbox02"),
            &[("user pool", Failed)],
        ),
        (
            "a pool that is not Cognito's",
            |c| c.auth.pools[0].issuer = "https://login.example/realm".to_owned(),
            &[("user pool", Unknown)],
        ),
        (
            "uploads with another key than the bucket's",
            |c| c.upload.kms_key_arn = Some("arn:aws:kms:eu-central-1:0:key/a".to_owned()),
            &[("encryption", Warning)],
        ),
    ];
    for (fault, change, expected) in table {
        let mut config = ward.config();
        change(&mut config);
        let report = ward.examine(&config, Clock::system()).await;
        assert_eq!(turned(&report), expected, "{fault}: {report}");
    }
}

#[tokio::test]
async fn a_clock_that_goes_wrong_is_seen() {
    let ward = Ward::open().await;
    ward.mend();
    let table: [(i64, Turned); 5] = [
        (20, &[]),
        (120, &[("clock", Warning)]),
        (-120, &[("clock", Warning)]),
        (360, &[("clock", Failed)]),
        (-360, &[("clock", Failed)]),
    ];
    for (seconds, expected) in table {
        let machine = Clock::system();
        let clock = Clock::new(move || machine.now() + time::Duration::seconds(seconds));
        let report = ward.examine(&ward.config(), clock).await;
        assert_eq!(turned(&report), expected, "{seconds}: {report}");
    }
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_neither_good_nor_bad() {
    let ward = Ward::open().await;
    ward.mend();
    let nothing = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
    ward.neighbours().aws.set_gateway_policy(nothing).unwrap();
    let report = ward.examine(&ward.config(), Clock::system()).await;
    let looks = [
        ("user pool", "cognito-idp:DescribeUserPool"),
        ("app client", "cognito-idp:DescribeUserPoolClient"),
        ("public access", "s3:GetBucketPublicAccessBlock"),
        ("object ownership", "s3:GetBucketOwnershipControls"),
        ("encryption", "s3:GetEncryptionConfiguration"),
        ("versioning", "s3:GetBucketVersioning"),
        ("lifecycle", "s3:GetLifecycleConfiguration"),
        ("TLS alone", "s3:GetBucketPolicy"),
        ("event delivery", "sqs:GetQueueAttributes"),
    ];
    assert_eq!(turned(&report), looks.map(|(check, _)| (check, Unknown)), "{report}");
    assert!(report.is_healthy());
    for (check, permission) in looks {
        let finding = report.0.iter().find(|finding| finding.check == check).unwrap();
        assert!(finding.seen.contains("may not look"), "{finding:?}");
        assert!(finding.advice.as_ref().unwrap().contains(permission), "{finding:?}");
    }
}

#[tokio::test]
async fn clients_that_are_not_seen_are_neither_good_nor_bad() {
    let ward = Ward::open().await;
    ward.mend();
    let (aws, cognito) = (&ward.neighbours().aws, &ward.neighbours().cognito);
    cognito.change_settings(|pool| pool.lets_anybody_register = true);
    for hidden in ["ListUserPoolClients", "DescribeUserPoolClient"] {
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
                         {"Effect": "Deny", "Action": "cognito-idp:HIDDEN", "Resource": "*"}]}"#;
        aws.set_gateway_policy(&policy.replace("HIDDEN", hidden)).unwrap();
        let report = ward.examine(&ward.config(), Clock::system()).await;
        assert_eq!(turned(&report), [("user pool", Warning), ("app client", Unknown)], "{hidden}: {report}");
        let pool = report.0.iter().find(|one| one.check == "user pool").unwrap();
        assert!(pool.seen.contains("perhaps as any tenant"), "{hidden}: {pool:?}");
        let client = report.0.iter().find(|one| one.check == "app client" && one.outcome == Unknown).unwrap();
        assert!(client.advice.as_ref().unwrap().contains(&format!("cognito-idp:{hidden}")), "{client:?}");
    }
}

#[tokio::test]
async fn more_clients_than_are_looked_at_are_told_of() {
    let ward = Ward::open().await;
    ward.mend();
    ward.neighbours().cognito.change_settings(|pool| {
        let client = pool.clone();
        pool.others = (0..1020).map(|number| (format!("other-{number}"), client.clone())).collect();
    });
    let report = ward.examine(&ward.config(), Clock::system()).await;
    assert_eq!(turned(&report), [("app client", Unknown)], "{report}");
    assert!(report.to_string().contains("the pool has more clients than the 1020 that were looked at"), "{report}");
}

#[tokio::test]
async fn an_object_that_cannot_be_removed_again_is_named() {
    let ward = Ward::open().await;
    ward.neighbours().aws.set_role_policy(&role_policy(&["s3:PutObject", "s3:GetObject"], "*")).unwrap();
    let report = ward.examine(&ward.config(), Clock::system()).await;
    let [left] = &store::keys(&ward.gateway).await[..] else { panic!("one object went through: {report}") };
    assert!(left.starts_with("upload-gateway-doctor-other/"), "{left}");
    let through = report.0.iter().find(|one| one.check == "tenants apart" && one.outcome == Failed).unwrap();
    assert!(through.seen.contains(left.as_str()) && through.seen.contains("could not be removed"), "{through:?}");
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_no_ones_look() {
    let ward = Ward::open().await;
    ward.mend();
    let mut config = ward.config();
    config.aws.key.as_mut().unwrap().access_key_id = "AKIANOBODY".into();
    let report = ward.examine(&config, Clock::system()).await;
    let turned = turned(&report);
    for red in ["identity", "upload role"] {
        assert!(turned.contains(&(red, Failed)), "{red}: {report}");
    }
    for unknown in ["user pool", "public access", "TLS alone", "event delivery", "tenants apart"] {
        assert!(turned.contains(&(unknown, Unknown)), "{unknown}: {report}");
    }
    assert!(!report.is_healthy());
}

#[tokio::test]
async fn nobody_describes_the_pool_without_a_key_that_may() {
    let ward = Ward::open().await;
    let request = reqwest::Client::new().post(ward.neighbours().cognito.url());
    let request = request.header("x-amz-target", "AWSCognitoIdentityProviderService.DescribeUserPoolClient");
    let answer = request.body(r#"{"UserPoolId": "eu-central-1_Sandbox01", "ClientId": "sandbox-client"}"#).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("MissingAuthenticationToken"));
}
