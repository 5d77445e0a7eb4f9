//! Can a session do what its role and its own policy allow, and nothing besides?

use aws_sdk_s3::Client;

use super::{BUCKET, Sandbox, denied, long_term, outcome};

/// What a session gets when it tries everything below a prefix: the status of each call.
async fn try_everything(s3: &Client, prefix: &str) -> Vec<(&'static str, u16)> {
    let key = format!("{prefix}/a");
    let put = outcome(&s3.put_object().bucket(BUCKET).key(&key).send().await).0;
    let get = outcome(&s3.get_object().bucket(BUCKET).key(&key).send().await).0;
    let head = outcome(&s3.head_object().bucket(BUCKET).key(&key).send().await).0;
    let list = outcome(&s3.list_objects_v2().bucket(BUCKET).prefix(format!("{prefix}/")).send().await).0;
    let create = s3.create_multipart_upload().bucket(BUCKET).key(&key).send().await;
    let id = create.as_ref().ok().and_then(|created| created.upload_id()).unwrap_or("none").to_owned();
    let part = s3.upload_part().bucket(BUCKET).key(&key).upload_id(&id).part_number(1).send().await;
    let parts = s3.list_parts().bucket(BUCKET).key(&key).upload_id(&id).send().await;
    let abort = s3.abort_multipart_upload().bucket(BUCKET).key(&key).upload_id(&id).send().await;
    let delete = s3.delete_object().bucket(BUCKET).key(&key).send().await;
    vec![
        ("put", put),
        ("get", get),
        ("head", head),
        ("list", list),
        ("create", outcome(&create).0),
        ("part", outcome(&part).0),
        ("parts", outcome(&parts).0),
        ("abort", outcome(&abort).0),
        ("delete", outcome(&delete).0),
    ]
}

fn statuses(all: &[(&'static str, u16)]) -> Vec<u16> {
    all.iter().map(|(_, status)| *status).collect()
}

#[tokio::test]
async fn the_role_keeps_tenants_apart() {
    let sandbox = Sandbox::start().await;
    let acme = sandbox.tenant("acme").await;
    assert_eq!(statuses(&try_everything(&acme, "acme").await), [200; 9]);
    for foreign in ["globex", "acme-corp", "ACME", "", "acm"] {
        let all = try_everything(&acme, foreign).await;
        assert_eq!(statuses(&all), [403; 9], "{foreign}: {all:?}");
    }
    let without_prefix = acme.list_objects_v2().bucket(BUCKET).send().await;
    assert_eq!(outcome(&without_prefix), denied());
}

#[tokio::test]
async fn a_session_policy_narrows_the_role() {
    let sandbox = Sandbox::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::uploads/acme/alice/*"}]}"#;
    let s3 = sandbox.s3(sandbox.session("acme", Some(policy)).await);
    let own = try_everything(&s3, "acme/alice").await;
    assert_eq!(statuses(&own), [200, 200, 200, 403, 200, 200, 403, 403, 403], "{own:?}");
    assert_eq!(statuses(&try_everything(&s3, "acme/bob").await), [403; 9]);

    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let s3 = sandbox.s3(sandbox.session("acme", Some(everything)).await);
    assert_eq!(statuses(&try_everything(&s3, "globex").await), [403; 9]);
}

#[tokio::test]
async fn without_the_role_s_wall_the_session_policy_still_stands() {
    let sandbox = Sandbox::start().await;
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    sandbox.aws.set_role_policy(everything).unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":
        {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::uploads/${aws:PrincipalTag/customerName}/*"}}"#;
    let s3 = sandbox.s3(sandbox.session("acme", Some(policy)).await);
    assert_eq!(statuses(&try_everything(&s3, "globex").await), [403; 9]);
    let unbound = sandbox.tenant("acme").await;
    assert_eq!(statuses(&try_everything(&unbound, "globex").await), [200; 9]);

    sandbox.aws.set_role_policy(&everything.replace("Allow", "Deny")).unwrap();
    assert_eq!(statuses(&try_everything(&unbound, "acme").await), [403; 9], "sessions feel a change of the role");
    assert!(sandbox.aws.set_role_policy("{}").is_err());
}

#[tokio::test]
async fn long_term_keys_have_no_more_than_their_part() {
    let sandbox = Sandbox::start().await;
    let gateway = sandbox.s3(long_term(sandbox.aws.gateway_credentials()));
    assert_eq!(statuses(&try_everything(&gateway, "acme").await), [403; 9]);
    assert_eq!(statuses(&try_everything(&sandbox.admin(), "acme").await), [200; 9]);
}

#[tokio::test]
async fn the_gateway_may_look_how_the_bucket_is_set_up_and_sessions_may_not() {
    let sandbox = Sandbox::start().await;
    let gateway = sandbox.s3(long_term(sandbox.aws.gateway_credentials()));
    let look = async |s3: &aws_sdk_s3::Client| {
        let doors = outcome(&s3.get_public_access_block().bucket(BUCKET).send().await);
        let policy = outcome(&s3.get_bucket_policy().bucket(BUCKET).send().await);
        [doors, policy].map(|(status, _)| status)
    };
    assert_eq!(look(&gateway).await, [200; 2]);
    assert_eq!(look(&sandbox.tenant("acme").await).await, [403; 2]);
    let nothing =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetBucketPolicy","Resource":"*"}}"#;
    sandbox.aws.set_gateway_policy(nothing).unwrap();
    assert_eq!(look(&gateway).await, [403, 200]);
    sandbox.aws.change_bucket(|bucket| bucket.policy = None);
    let none = gateway.get_bucket_policy().bucket(BUCKET).send().await;
    assert_eq!(outcome(&none), (404, "NoSuchBucketPolicy".to_owned()));
}

#[tokio::test]
async fn what_needs_another_permission_is_denied() {
    let sandbox = Sandbox::start().await;
    let s3 = sandbox.tenant("acme").await;
    let put = || s3.put_object().bucket(BUCKET).key("acme/a");
    assert_eq!(outcome(&put().tagging("a=b").send().await), denied());
    assert_eq!(outcome(&put().acl(aws_sdk_s3::types::ObjectCannedAcl::PublicRead).send().await), denied());
    put().send().await.unwrap();
    let copy = s3.copy_object().bucket(BUCKET).key("acme/b").copy_source("uploads/acme/a").send().await;
    assert_eq!(outcome(&copy), denied());
    assert_eq!(outcome(&s3.delete_bucket().bucket(BUCKET).send().await), denied());
    assert_eq!(outcome(&s3.list_buckets().send().await), denied());
    assert_eq!(outcome(&s3.get_object_tagging().bucket(BUCKET).key("acme/a").send().await), denied());
}

#[tokio::test]
async fn only_who_may_list_learns_that_a_key_is_missing() {
    let sandbox = Sandbox::start().await;
    let acme = sandbox.tenant("acme").await;
    assert_eq!(outcome(&acme.get_object().bucket(BUCKET).key("acme/none").send().await), denied());
    assert_eq!(outcome(&acme.head_object().bucket(BUCKET).key("acme/none").send().await).0, 403);
    let admin = sandbox.admin();
    let missing = admin.get_object().bucket(BUCKET).key("acme/none").send().await;
    assert_eq!(outcome(&missing), (404, "NoSuchKey".to_owned()));
    let elsewhere = admin.get_object().bucket("elsewhere").key("a").send().await;
    assert_eq!(outcome(&elsewhere), (404, "NoSuchBucket".to_owned()));
}

#[tokio::test]
async fn dots_in_a_key_lead_nowhere() {
    let sandbox = Sandbox::start().await;
    let acme = sandbox.tenant("acme").await;
    acme.put_object().bucket(BUCKET).key("acme/../globex/x").send().await.unwrap();
    let globex = sandbox.tenant("globex").await;
    let listed = globex.list_objects_v2().bucket(BUCKET).prefix("globex/").send().await.unwrap();
    assert_eq!(listed.key_count(), Some(0));
}

#[tokio::test]
async fn a_listing_has_pages_and_groups() {
    let sandbox = Sandbox::start().await;
    let acme = sandbox.tenant("acme").await;
    for key in ["acme/a", "acme/b/1", "acme/b/2", "acme/c", "acme/d/1"] {
        acme.put_object().bucket(BUCKET).key(key).send().await.unwrap();
    }
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let list = acme.list_objects_v2().bucket(BUCKET).prefix("acme/").delimiter("/").max_keys(2);
        let page = list.set_continuation_token(token).send().await.unwrap();
        let keys = page.contents().iter().filter_map(|object| object.key());
        let groups = page.common_prefixes().iter().filter_map(|group| group.prefix());
        pages.push(keys.chain(groups).map(str::to_owned).collect::<Vec<_>>());
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec!["acme/a", "acme/b/"], vec!["acme/c", "acme/d/"]]);
}
