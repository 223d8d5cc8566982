//! Vonage's SMS API tells of each part of a long text by itself.

use super::{Which, session_through, taken};
use crate::support::at;
use crate::support::carrier::Fault;

#[tokio::test]
async fn a_long_text_is_delivered_when_all_its_parts_are() {
    let (carrier, service) = Which::VonageSms.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let long = "A text in three parts. ".repeat(15);
    let id = at(&sally.say(&session, long.trim()).await, "id").to_owned();
    let text = taken(&carrier, long.trim()).await;
    assert_eq!(text.ids.len(), 3);
    let sent = sally.message_in(&session, &id, "sent").await;
    assert_eq!(sent["parts"], 3);
    for part in [2, 0, 2, 0] {
        assert_eq!(carrier.receipt(&text, part, "delivered", None).await, 204);
        sally.message_in(&session, &id, "sent").await;
    }
    assert_eq!(carrier.receipt(&text, 1, "buffered", None).await, 204);
    sally.message_in(&session, &id, "sent").await;
    assert_eq!(carrier.receipt(&text, 1, "delivered", None).await, 204);
    sally.message_in(&session, &id, "delivered").await;
}

#[tokio::test]
async fn a_long_text_has_failed_when_one_of_its_parts_has() {
    let (carrier, service) = Which::VonageSms.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let long = "Another text in parts. ".repeat(15);
    let id = at(&sally.say(&session, long.trim()).await, "id").to_owned();
    let text = taken(&carrier, long.trim()).await;
    assert_eq!(carrier.receipt(&text, 0, "delivered", None).await, 204);
    assert_eq!(carrier.receipt(&text, 1, "failed", Some("2")).await, 204);
    sally.message_in(&session, &id, "failed").await;
    assert_eq!(carrier.receipt(&text, 2, "delivered", None).await, 204);
    let failed = sally.message_in(&session, &id, "failed").await;
    assert!(at(&failed, "reason").starts_with("The phone could not be reached"));
    // It came through after all.
    assert_eq!(carrier.receipt(&text, 1, "delivered", None).await, 204);
    sally.message_in(&session, &id, "delivered").await;
}

#[tokio::test]
async fn a_part_that_was_delivered_proves_that_a_text_went_out() {
    let (carrier, service) = Which::VonageSms.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let long = "Nobody heard the answer. ".repeat(15);
    carrier.fail(&[Fault::ResetAfter]);
    let id = at(&sally.say(&session, long.trim()).await, "id").to_owned();
    sally.message_in(&session, &id, "unknown").await;
    let text = taken(&carrier, long.trim()).await;
    assert_eq!(carrier.receipt(&text, 0, "delivered", None).await, 204);
    sally.message_in(&session, &id, "sent").await;
    for part in [1, 2] {
        assert_eq!(carrier.receipt(&text, part, "delivered", None).await, 204);
    }
    sally.message_in(&session, &id, "delivered").await;
    assert_eq!(carrier.ledger().len(), 1);
}

#[tokio::test]
async fn a_long_text_of_which_a_part_was_refused_has_failed_and_says_why() {
    let (carrier, service) = Which::VonageSms.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let long = "No money for all of it. ".repeat(15);
    carrier.fail(&[Fault::RefuseLast(9)]);
    let id = at(&sally.say(&session, long.trim()).await, "id").to_owned();
    let words = "Only a part of the text was taken by the carrier. \
                 The account at the carrier has no money left.";
    let failed = sally.message_in(&session, &id, "failed").await;
    assert_eq!(at(&failed, "reason"), words);
    let codes = service.texts_of("SELECT code AS text FROM attempt");
    assert_eq!(codes, ["9"]);
    // A piece of it comes through, and it has failed all the same.
    let text = taken(&carrier, long.trim()).await;
    assert_eq!(carrier.receipt(&text, 0, "delivered", None).await, 204);
    let failed = sally.message_in(&session, &id, "failed").await;
    assert_eq!(at(&failed, "reason"), words);
}
