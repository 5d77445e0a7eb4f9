//! Does the doctor name what the bucket's CORS rules lack?

use upload_gateway::app;
use upload_gateway::model::Clock;
use upload_gateway::sandbox::aws::CorsRule;

use crate::doctor::{config, examine, failed, of, rule};
use crate::harness::{Harness, PAGE};

#[tokio::test]
async fn what_the_buckets_cors_rules_lack_is_named_for_each_kind_of_client() {
    let gateway = Harness::start().await;
    let without =
        |list: &[String], name: &str| -> Vec<String> { list.iter().filter(|one| *one != name).cloned().collect() };
    let whole = rule();
    let table: Vec<(CorsRule, Vec<&str>)> = vec![
        (
            CorsRule { headers: without(&whole.headers, "x-amz-checksum-sha256"), ..whole.clone() },
            vec!["PUT will not work: the bucket does not allow the header x-amz-checksum-sha256"],
        ),
        (
            CorsRule { headers: without(&whole.headers, "if-none-match"), ..whole.clone() },
            vec![
                "PUT will not work: the bucket does not allow the header if-none-match",
                "Uppy signRequest will not work: the bucket does not allow the header if-none-match",
            ],
        ),
        (
            CorsRule { exposed: without(&whole.exposed, "Location"), ..whole.clone() },
            vec![
                "form will not work: the bucket does not expose location",
                "Uppy signRequest will not work: the bucket does not expose location",
            ],
        ),
        (
            CorsRule { exposed: without(&whole.exposed, "ETag"), ..whole.clone() },
            vec![
                "PUT will not work: the bucket does not expose etag",
                "form will not work: the bucket does not expose etag",
                "parts will not work: the bucket does not expose etag",
                "Uppy signRequest will not work: the bucket does not expose etag",
            ],
        ),
        (
            CorsRule { methods: without(&whole.methods, "DELETE"), ..whole.clone() },
            vec!["Uppy signRequest will not work: the bucket does not allow DELETE from there"],
        ),
        (
            CorsRule { methods: without(&whole.methods, "POST"), ..whole.clone() },
            vec![
                "form will not work: the bucket does not allow POST from there",
                "Uppy signRequest will not work: the bucket does not allow POST from there",
            ],
        ),
        (
            CorsRule { origins: vec!["https://other.example".to_owned()], ..whole.clone() },
            vec![
                "PUT will not work: the bucket does not allow PUT from there",
                "form will not work: the bucket does not allow POST from there",
                "parts will not work: the bucket does not allow PUT from there",
                "download will not work: the bucket does not allow GET from there",
                "Uppy signRequest will not work: the bucket does not allow DELETE from there, allow GET from there, allow POST from there, allow PUT from there",
            ],
        ),
        (
            CorsRule { origins: vec!["https://*.example".to_owned()], headers: vec!["*".to_owned()], ..whole.clone() },
            vec![],
        ),
    ];
    for (rule, lacks) in table {
        gateway.neighbours().aws.set_cors(std::slice::from_ref(&rule));
        let report = examine(&gateway, "").await;
        let expected: Vec<String> = lacks.iter().map(|line| format!("{PAGE}: {line}")).collect();
        assert_eq!(failed(&report), expected, "{rule:?}");
        assert_eq!(report.is_healthy(), lacks.is_empty());
        if !lacks.is_empty() {
            let advice = of(&report, "bucket CORS").last().unwrap().advice.clone().unwrap();
            for needed in [PAGE, "\"DELETE\"", "x-amz-checksum-sha256", "Location", "put-bucket-cors --bucket uploads"]
            {
                assert!(advice.contains(needed), "{needed}: {advice}");
            }
        }
    }
}

#[tokio::test]
async fn a_bucket_with_a_kms_key_needs_two_headers_more() {
    let gateway = Harness::start().await;
    gateway.neighbours().aws.set_cors(&[rule()]);
    let report = examine(&gateway, "kms_key_arn = \"arn:aws:kms:eu-central-1:000000000000:key/a\"").await;
    let expected = "PUT will not work: the bucket does not allow the header x-amz-server-side-encryption, allow the header x-amz-server-side-encryption-aws-kms-key-id";
    assert_eq!(failed(&report), [format!("{PAGE}: {expected}")]);
}

/// The advice, followed to the letter, cures; and Terraform's rule is the same.
#[tokio::test]
async fn the_rule_that_it_prints_is_the_one_that_works_and_terraforms_own() {
    let gateway = Harness::start().await;
    gateway.neighbours().aws.set_cors(&[]);
    let report = examine(&gateway, "").await;
    let advice = of(&report, "bucket CORS").last().unwrap().advice.clone().unwrap();
    let (_, json) = advice.split_once('\n').unwrap();
    let printed: serde_json::Value = serde_json::from_str(json).unwrap();
    let printed = &printed["CORSRules"][0];
    let texts = |name: &str| -> Vec<String> {
        printed[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let rule = CorsRule {
        origins: texts("AllowedOrigins"),
        methods: texts("AllowedMethods"),
        headers: texts("AllowedHeaders"),
        exposed: texts("ExposeHeaders"),
    };
    gateway.neighbours().aws.set_cors(std::slice::from_ref(&rule));
    for further in ["", "kms_key_arn = \"arn:aws:kms:eu-central-1:000000000000:key/a\""] {
        assert!(examine(&gateway, further).await.is_healthy());
    }
    let terraform = include_str!("../../tf/bucket_cors.tf");
    let list = |name: &str| -> Vec<&str> {
        let list = terraform.split(&format!("{name} ")).nth(1).and_then(|rest| rest.split(']').next()).unwrap();
        list.split('"').skip(1).step_by(2).collect()
    };
    assert_eq!(list("allowed_methods"), rule.methods);
    assert_eq!(list("allowed_headers"), rule.headers);
    assert_eq!(list("expose_headers"), rule.exposed);
    assert!(terraform.contains(&format!("max_age_seconds = {}", printed["MaxAgeSeconds"])));
}

#[tokio::test]
async fn the_portals_own_pages_send_files_to_the_bucket_too() {
    let gateway = Harness::start().await;
    gateway.neighbours().aws.set_cors(&[rule()]);
    let mut config = config(&gateway, "");
    config.server.public_url = Some("https://uploads.example.com".to_owned());
    config.auth.pools[0].hosted_ui = Some("https://login.example.com".to_owned());
    let portal = "https://uploads.example.com/portal/".to_owned();
    gateway.neighbours().cognito.change_settings(|settings| settings.callback_urls = vec![portal]);
    let report = Box::pin(app::examine(&config, Clock::system())).await.unwrap();
    let of_portal: Vec<_> =
        failed(&report).into_iter().filter(|line| line.starts_with("https://uploads.example.com: ")).collect();
    assert_eq!(of_portal.len(), 5, "every kind of client: {report}");
    let portal = CorsRule { origins: vec!["https://uploads.example.com".to_owned()], ..rule() };
    gateway.neighbours().aws.set_cors(&[rule(), portal]);
    let report = Box::pin(app::examine(&config, Clock::system())).await.unwrap();
    assert!(report.is_healthy(), "{report}");
}
