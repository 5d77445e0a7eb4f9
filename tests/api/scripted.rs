//! What does the gateway's side of S3 make of answers that the sandbox's S3 does not give, or not soon?

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use upload_gateway::adapters::s3::{ObjectError, Objects};
use upload_gateway::adapters::sigv4::Scope;
use upload_gateway::adapters::sts::{Reach, RoleAssumer, TemporaryCredentials};
use upload_gateway::config::Config;
use upload_gateway::metrics::Metrics;
use upload_gateway::model::{ObjectKey, PartNumber, StoredPart};

use crate::stage::{MINUTE, now, tenant};

/// An S3 that gives these answers, one a connection, and then tells the request lines.
async fn store(answers: Vec<(u16, String)>) -> (Objects, JoinHandle<Vec<String>>) {
    let (config, shared, told) = aws(answers).await;
    (Objects::new(&shared, &config.aws, &config.upload, &Metrics::new().unwrap()), told)
}

/// The same of any service, with what a client of it needs.
async fn aws(answers: Vec<(u16, String)>) -> (Config, SdkConfig, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = format!(
        "[database]\nurl = \"postgres://x\"\n[[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
         [aws]\nregion = \"eu-central-1\"\nendpoint_url = \"http://{}\"\nforce_path_style = true\n\
         [upload]\nbucket = \"uploads\"\nrole_arn = \"arn:aws:iam::1:role/x\"\n",
        listener.local_addr().unwrap()
    );
    let config = Config::from_toml(&text).unwrap();
    let shared = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKIAX", "s", None, None, "test")))
        .retry_config(RetryConfig::standard().with_initial_backoff(std::time::Duration::from_millis(1)))
        .build();
    let told = tokio::spawn(async move {
        let mut told = Vec::new();
        for (status, body) in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                request.push(socket.read_u8().await.unwrap());
            }
            let request = String::from_utf8(request).unwrap();
            told.push(request.lines().next().unwrap().to_owned());
            let length = body.len();
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            // Who gives up on an answer hangs up.
            let _given_up = socket.write_all((head + &body).as_bytes()).await;
        }
        told
    });
    (config, shared, told)
}

fn session() -> TemporaryCredentials {
    TemporaryCredentials::new(
        "ASIAX".into(),
        "s".into(),
        "t".into(),
        Scope::new("eu-central-1", "s3"),
        MINUTE,
        now() + MINUTE,
    )
}

fn key() -> ObjectKey {
    ObjectKey::recorded(&tenant("acme"), "acme/a".to_owned()).unwrap()
}

fn page(parts: std::ops::RangeInclusive<u16>, truncated: bool) -> (u16, String) {
    let next = parts.end();
    let parts: String = parts
        .clone()
        .map(|n| format!("<Part><PartNumber>{n}</PartNumber><ETag>&quot;e{n}&quot;</ETag><Size>{n}</Size></Part>"))
        .collect();
    let xml = format!(
        "<ListPartsResult><NextPartNumberMarker>{next}</NextPartNumberMarker><IsTruncated>{truncated}</IsTruncated>\
         {parts}</ListPartsResult>"
    );
    (200, xml)
}

fn error(status: u16, code: &str) -> (u16, String) {
    (status, format!("<Error><Code>{code}</Code><Message>says why</Message></Error>"))
}

#[tokio::test]
async fn parts_are_listed_page_by_page_and_a_page_that_fails_is_asked_for_again() {
    let answers = vec![page(1..=1000, true), error(503, "SlowDown"), page(1001..=1003, false)];
    let (objects, told) = store(answers).await;
    let parts = objects.list_parts(&session(), &key(), "up/load").await.unwrap();
    let expected =
        (1..=1003).map(|n| StoredPart { number: PartNumber::parse(n).unwrap(), etag: format!("e{n}"), size: n });
    assert_eq!(parts, expected.collect::<Vec<_>>());
    let lines = told.await.unwrap();
    assert!(!lines[0].contains("part-number-marker") && lines[0].contains("uploadId=up%2Fload"), "{lines:?}");
    assert!(lines[1..].iter().all(|line| line.contains("part-number-marker=1000")), "{lines:?}");
}

#[tokio::test]
async fn a_page_that_leads_nowhere_is_the_last() {
    let (objects, _) = store(vec![page(1..=2, true), page(1..=2, true)]).await;
    assert_eq!(objects.list_parts(&session(), &key(), "x").await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_completion_is_refused_for_good_only_when_the_parts_are_wrong() {
    for (status, code, refused) in [
        (400, "InvalidPart", true),
        (400, "EntityTooLarge", true),
        (400, "ExpiredToken", false),
        (403, "AccessDenied", false),
        (409, "ConditionalRequestConflict", false),
    ] {
        let (objects, _) = store(vec![error(status, code), error(status, code), error(status, code)]).await;
        let error = objects.complete_multipart(&session(), &key(), "x", &[]).await.unwrap_err();
        let as_expected = match &error {
            ObjectError::Refused(why) => refused && why == &format!("{code}: says why"),
            ObjectError::Unavailable(why) => !refused && why == &format!("{code}: says why"),
            ObjectError::Missing => false,
        };
        assert!(as_expected, "{code}: {error:?}");
    }
}

#[tokio::test]
async fn an_error_that_comes_after_the_status_is_an_error() {
    let late = vec![error(200, "InternalError"); 3];
    let (objects, _) = store(late).await;
    let error = objects.complete_multipart(&session(), &key(), "x", &[]).await.unwrap_err();
    assert!(matches!(error, ObjectError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_not_s3_s_says_nothing_of_an_object() {
    // A captive portal's, or that of a load balancer which was set up wrongly.
    let (objects, _) = store(vec![(200, "<html>Welcome</html>".to_owned())]).await;
    let error = objects.head(&session(), &key()).await.unwrap_err();
    assert!(matches!(&error, ObjectError::Unavailable(why) if why.contains("ETag")), "{error:?}");
    let part = "<ListPartsResult><Part><PartNumber>1</PartNumber><Size>5</Size></Part></ListPartsResult>";
    let (objects, _) = store(vec![(200, part.to_owned())]).await;
    let error = objects.list_parts(&session(), &key(), "x").await.unwrap_err();
    assert!(matches!(&error, ObjectError::Unavailable(why) if why.contains("ETag")), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let long = || (200, format!("<ListPartsResult>{}</ListPartsResult>", " ".repeat(5 << 20)));
    let (objects, _) = store(vec![long(), long(), long()]).await;
    let error = objects.list_parts(&session(), &key(), "x").await.unwrap_err();
    assert!(matches!(&error, ObjectError::Unavailable(why) if why.contains("length limit exceeded")), "{error:?}");
    let within = format!("<ListPartsResult>{}</ListPartsResult>", " ".repeat(3 << 20));
    let (objects, _) = store(vec![(200, within)]).await;
    assert_eq!(objects.list_parts(&session(), &key(), "x").await.unwrap(), []);
}

#[tokio::test]
async fn credentials_of_another_session_are_not_taken() {
    let answer = |name: &str| {
        format!(
            "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:{name}</AssumedRoleId>\
             <Arn>arn:aws:sts::1:assumed-role/x/{name}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
             </Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )
    };
    let (config, shared, _) = aws(vec![(200, answer("acme")), (200, answer("globex"))]).await;
    let assumer = RoleAssumer::new(&shared, &config.aws, &config.upload, Metrics::new().unwrap());
    let acme = tenant("acme");
    assert!(assumer.assume(&acme, &Reach::Tenant).await.is_ok());
    let error = assumer.assume(&acme, &Reach::Tenant).await.unwrap_err();
    assert!(error.to_string().contains("another session"), "{error}");
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_none() {
    let whole = page(1..=3, false).1;
    for length in [whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let half = (200, whole[..length].to_owned());
        let (objects, _) = store(vec![half.clone(), half.clone(), half]).await;
        let error = objects.list_parts(&session(), &key(), "x").await.unwrap_err();
        assert!(matches!(&error, ObjectError::Unavailable(why) if why.contains("breaks off")), "{length}: {error:?}");
    }
}
