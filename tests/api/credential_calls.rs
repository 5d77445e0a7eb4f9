//! How seldom is STS asked, however much is granted?

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use upload_gateway::adapters::sts::Reach;
use upload_gateway::model::{Clock, Tenant};

use crate::stage::{Stage, now, tenant};

const TENANTS: usize = 100;
const HOUR: i64 = 3600;
const ASKED_EVERY: usize = 4;
/// A URL's life, and what its credentials must have beyond it.
const LEAST_LIFE: Duration = Duration::from_secs(5 * 60 + 30);

/// A refresh holds its tenant for as long as it takes.
async fn nothing_is_refreshed(tenants: &[Arc<Tenant>]) {
    let refreshed = async {
        while tenants.iter().any(|tenant| Arc::strong_count(tenant) > 1) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), refreshed).await.expect("every refresh comes to its end");
}

#[tokio::test]
async fn a_tenant_that_never_rests_has_two_sessions_an_hour_at_most() {
    let (began, ahead) = (now(), Arc::new(AtomicI64::new(0)));
    let clock = Clock::new({
        let ahead = Arc::clone(&ahead);
        move || began + time::Duration::seconds(ahead.load(Ordering::Relaxed))
    });
    let stage = Stage::at(clock.clone(), "").await;
    let credentials = stage.credentials(clock.clone());
    let tenants: Vec<_> = (0..TENANTS).map(|number| Arc::new(tenant(&format!("tenant-{number}")))).collect();

    let mut known = 0;
    let mut opened_at: HashMap<String, Vec<i64>> = HashMap::new();
    for second in (0..2 * HOUR).step_by(ASKED_EVERY) {
        ahead.store(second, Ordering::Relaxed);
        for tenant in &tenants {
            let session = credentials.get(tenant, &Reach::Tenant).await.unwrap();
            assert!(session.expires_at - clock.now() >= LEAST_LIFE, "at second {second}");
        }
        nothing_is_refreshed(&tenants).await;
        let calls = usize::try_from(stage.aws.assume_role_calls()).unwrap();
        if calls > known {
            for call in &stage.aws.assume_role_history()[known..] {
                opened_at.entry(call.session_name.clone()).or_default().push(second);
            }
            known = calls;
        }
    }
    assert_eq!(opened_at.len(), TENANTS);
    for (tenant, seconds) in opened_at {
        assert!(seconds.len() > 2, "{tenant} is refreshed in time: {seconds:?}");
        let in_any_hour = seconds.windows(3).all(|three| three[2] - three[0] >= HOUR);
        assert!(in_any_hour, "{tenant} has a third session within an hour: {seconds:?}");
    }
}
