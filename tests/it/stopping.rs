//! SIGTERM while a job is under way: the job ends, or it is put back; the process goes either way.

use crate::notes::notes;
use crate::support::service::User;
use crate::support::{Service, at, eventually};
use reqwest::Method;
use serde_json::json;

const GUS: &str = "seed_gus_dales_id";

/// Closes a session while Sugar hangs over the record, and waits until the job for its Note hangs.
async fn hanging_job(service: &Service, sally: &User<'_>) -> String {
    let session = sally.text_contact(GUS).await;
    sally.say(&session, "one Note, whatever happens").await;
    service
        .sugar
        .switch_for("hang", 300, "^/Contacts/seed_gus")
        .await;
    sally
        .post(&format!("/v1/sms-sessions/{session}/close"), json!({}))
        .await;
    eventually("the job is under way", || async {
        let held = "SELECT kind AS text FROM outbox WHERE kind = 'save_note' AND lease_until > 0";
        (!service.texts_of(held).is_empty()).then_some(())
    })
    .await;
    session
}

#[tokio::test]
async fn a_job_that_ends_in_time_ends_before_the_process() {
    let mut service = Service::with(&["sugar.timeout_s=300"]).await;
    let sally = service.sign_in("sally").await;
    let session = hanging_job(&service, &sally).await;
    let token = sally.token;
    service.terminate();
    eventually("the service stops", || async {
        service.log().contains("stopping:").then_some(())
    })
    .await;
    service.sugar.switch("hang", 0).await;
    assert!(service.ended().await.success(), "{}", service.log());
    assert!(!service.log().contains("did not end in time"));
    assert_eq!(notes(&service, GUS).await.len(), 1, "while nobody runs");
    service.start_again();
    let path = format!("/v1/conversations/{session}");
    let found = service.call(Method::GET, &path, Some(&token), None).await;
    assert_eq!(at(&found.ok(), "session.note.state"), "saved");
}

#[tokio::test]
async fn a_job_that_hangs_is_left_behind_and_done_after_the_start() {
    let mut service = Service::with(&["sugar.timeout_s=300"]).await;
    let sally = service.sign_in("sally").await;
    let session = hanging_job(&service, &sally).await;
    drop(sally);
    // Waits less than Sugar hangs and than the service would wait for it.
    assert!(service.stop().await.success(), "{}", service.log());
    assert!(service.log().contains("some jobs did not end in time"));
    assert_eq!(notes(&service, GUS).await.len(), 0);
    service.sugar.switch("hang", 0).await;
    service.start_again();
    let sally = service.sign_in("sally").await;
    sally.note(&session, "saved").await;
    assert_eq!(notes(&service, GUS).await.len(), 1);
}
