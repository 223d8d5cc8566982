//! Whatever the carrier answers, no text goes out twice and none is lost.

use super::{Which, session_through, taken, with_each_carrier};
use crate::support::carrier::Fault;
use crate::support::{at, eventually};

with_each_carrier!(
    no_text_goes_out_twice,
    a_busy_carrier_is_left_alone_as_long_as_it_says
);

async fn no_text_goes_out_twice(which: Which) {
    let (carrier, service) = which.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let (refused, sms) = match which {
        Which::Telnyx => (40001, false),
        Which::VonageSms => (3, true),
        Which::VonageMessages => (1120, false),
    };
    for (fault, state, taken) in [
        (Fault::Busy(0), "sent", 1),
        (Fault::Refuse(refused), "failed", 0),
        (Fault::Refuse(98), "failed", 0),
        (Fault::RefuseBarely, "failed", 0),
        (Fault::SignIn, "failed", 0),
        (Fault::ErrorBefore, "unknown", 0),
        (Fault::ErrorAfter, "unknown", 1),
        (Fault::ResetBefore, "unknown", 0),
        (Fault::ResetAfter, "unknown", 1),
        (Fault::ResetAfterHead, "unknown", 1),
        (Fault::BadJson, "unknown", 1),
        (Fault::NoId, "unknown", 1),
        (Fault::Html, "unknown", 1),
        (Fault::HangBefore, "unknown", 0),
        (Fault::HangAfter, "unknown", 1),
    ] {
        // The SMS API says yes and no with the status alone.
        let state = match (sms, fault) {
            (true, Fault::RefuseBarely) => "unknown",
            _ => state,
        };
        carrier.fail(&[fault]);
        let words = format!("{fault:?}");
        let id = at(&sally.say(&session, &words).await, "id").to_owned();
        let message = eventually(&format!("{fault:?} ends as {state}"), || async {
            carrier.release();
            let path = format!("/v1/conversations/{session}/messages");
            let page = sally.get(&path).await;
            let mut items = page["items"].as_array().unwrap().clone().into_iter();
            items.find(|item| item["id"] == id.as_str() && item["state"] == state)
        })
        .await;
        let there = carrier
            .ledger()
            .iter()
            .filter(|text| text.body == words)
            .count();
        assert_eq!(there, taken, "{fault:?}");
        assert_eq!(message["reason"].is_string(), state != "sent", "{message}");
    }
    // A receipt for a text that may have gone out settles it.
    let ledger = carrier.ledger();
    let lost = ledger
        .iter()
        .find(|text| text.body == "ResetAfter")
        .unwrap();
    let [sent, ..] = carrier.api().words();
    assert_eq!(carrier.receipt(lost, 0, sent, None).await, 204);
    let callback = lost.callback.as_deref().unwrap();
    let (_, id) = callback.rsplit_once('/').unwrap();
    sally.message_in(&session, id, "sent").await;
}

async fn a_busy_carrier_is_left_alone_as_long_as_it_says(which: Which) {
    let (carrier, service) = which.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    carrier.fail(&[Fault::Busy(1_800)]);
    let id = at(&sally.say(&session, "patience").await, "id").to_owned();
    let tried = "SELECT outcome AS text FROM attempt";
    eventually("the carrier was busy", || async {
        (service.texts_of(tried) == ["back_off"]).then_some(())
    })
    .await;
    sally.message_in(&session, &id, "queued").await;
    let due = eventually("the job waits", || async {
        let waiting = "SELECT CAST(due_at - created_at AS TEXT) AS text FROM outbox \
                       WHERE kind = 'send_sms' AND tries > 0 AND lease_until <= due_at";
        service.texts_of(waiting).pop()
    })
    .await;
    let due: i64 = due.parse().unwrap();
    assert!((1_790_000..1_900_000).contains(&due), "{due}");
    assert_eq!(carrier.ledger().len(), 0);
    assert_eq!(
        service.change("UPDATE outbox SET due_at = created_at WHERE kind = 'send_sms'"),
        1
    );
    taken(&carrier, "patience").await;
    sally.message_in(&session, &id, "sent").await;
    assert_eq!(carrier.ledger().len(), 1);
}
