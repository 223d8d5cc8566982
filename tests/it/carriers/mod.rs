//! Texting through Telnyx and through both APIs of Vonage: the same journeys, each with a stand-in
//! that the carrier's own SDK believes in.

mod odd;
mod outcomes;
mod parts;
mod pictures;
mod sdk;

use crate::support::carrier::{SECRET, Stamp, StandIn, Text};
use crate::support::service::{Setup, User};
use crate::support::{Panel, Service, at, eventually, telnyx, vonage};
use serde_json::{Value, json};

const GUS: &str = "seed_gus_dales_id";
const GUS_PHONE: &str = "+14155552671";
const STRANGER: &str = "+12025550143";
/// Ours, at the carrier.
const NUMBER: &str = "+14155550142";

/// A carrier to tell a journey with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Telnyx,
    VonageSms,
    VonageMessages,
}

impl Which {
    async fn stand_in(self) -> StandIn {
        match self {
            Self::Telnyx => StandIn::start(Box::new(telnyx::Telnyx)).await,
            Self::VonageSms => StandIn::start(Box::new(vonage::Sms)).await,
            Self::VonageMessages => StandIn::start(Box::new(vonage::Messages)).await,
        }
    }

    async fn start(self) -> (StandIn, Service) {
        let carrier = self.stand_in().await;
        let more = carrier.api().settings(&carrier.url, NUMBER);
        let usual = Setup::default();
        let service = Setup { more, ..usual }.start().await;
        (carrier, service)
    }

    /// A number as the carrier writes it.
    fn written(self, number: &str) -> &str {
        match self {
            Self::Telnyx => number,
            Self::VonageSms | Self::VonageMessages => number.trim_start_matches('+'),
        }
    }
}

/// Each journey as a test of its own for each carrier.
macro_rules! with_each_carrier {
    ($($journey:ident),+ $(,)?) => {$(
        mod $journey {
            use crate::carriers::Which;

            #[tokio::test]
            async fn telnyx() {
                super::$journey(Which::Telnyx).await;
            }

            #[tokio::test]
            async fn vonage_sms() {
                super::$journey(Which::VonageSms).await;
            }

            #[tokio::test]
            async fn vonage_messages() {
                super::$journey(Which::VonageMessages).await;
            }
        }
    )+};
}
use with_each_carrier;

fn inbound_url(service: &Service) -> String {
    format!("{}/gateways/there/{SECRET}/inbound", service.url)
}

async fn session_through(user: &User<'_>, number: &str) -> String {
    let body = json!({"module": "Contacts", "record_id": GUS, "number_id": number});
    at(&user.post("/v1/sms-sessions", body).await, "id").to_owned()
}

/// The text that the stand-in has taken, once it has.
async fn taken(carrier: &StandIn, body: &str) -> Text {
    eventually("the text is at the carrier", || async {
        carrier.ledger().into_iter().find(|text| text.body == body)
    })
    .await
}

with_each_carrier!(
    texts_go_out_and_come_in_beside_another_carrier,
    a_failed_text_says_why,
    calls_that_are_not_the_carriers_are_refused_and_leave_nothing,
);

async fn texts_go_out_and_come_in_beside_another_carrier(which: Which) {
    let (carrier, service) = which.start().await;
    let sally = service.sign_in("sally").await;
    let mut panel = Panel::connect(&service.url, &sally.token, None).await;
    let session = session_through(&sally, "there").await;
    let beside = session_through(&sally, "main").await;
    assert_ne!(session, beside);
    let id = at(&sally.say(&session, "Zażółć 😀 & more").await, "id").to_owned();
    sally.say(&beside, "through the other number").await;
    let text = taken(&carrier, "Zażółć 😀 & more").await;
    assert_eq!(text.from, which.written(NUMBER));
    assert_eq!(text.to, which.written(GUS_PHONE));
    let callback = text.callback.clone().unwrap();
    assert!(callback.starts_with(&format!("{}/gateways/there/{SECRET}/status/", service.url)));
    assert!(callback.ends_with(&id));
    // Backwards, twice, and with words that nobody knows.
    let [sent, delivered, failed] = carrier.api().words();
    for status in [delivered, sent, "flying", delivered, sent, failed] {
        assert_eq!(
            carrier.receipt(&text, 0, status, None).await,
            204,
            "{status}"
        );
    }
    let message = sally.message_in(&session, &id, "delivered").await;
    assert_eq!(message["reason"], Value::Null);
    eventually("the other carrier has its text", || async {
        (service.phone().texts_to(GUS_PHONE).await == ["through the other number"]).then_some(())
    })
    .await;
    // The answer, five times at once.
    let answer = carrier.api().inbound(
        "m-1",
        [GUS_PHONE, NUMBER],
        "Thanks + 1",
        None,
        Stamp::now(0),
    );
    let url = inbound_url(&service);
    let calls = (0..5).map(|_| carrier.call(&url, &answer));
    for status in futures_util::future::join_all(calls).await {
        assert_eq!(status, 204);
    }
    while panel.message().await != "Thanks + 1" {}
    assert_eq!(
        sally.texts(&session).await,
        ["Zażółć 😀 & more", "Thanks + 1"]
    );
    assert_eq!(sally.texts(&beside).await, ["through the other number"]);
    assert_eq!(carrier.ledger().len(), 1);
    for secret in [
        SECRET,
        telnyx::KEY,
        vonage::KEY_SECRET,
        "Thanks",
        &GUS_PHONE[1..],
    ] {
        assert!(!service.log().contains(secret), "{secret} is in the log");
    }
}

async fn a_failed_text_says_why(which: Which) {
    let (carrier, service) = which.start().await;
    let sally = service.sign_in("sally").await;
    let session = session_through(&sally, "there").await;
    let id = at(&sally.say(&session, "unwanted").await, "id").to_owned();
    let text = taken(&carrier, "unwanted").await;
    let (code, words) = match which {
        Which::Telnyx => ("40003", "The text was filtered as unwanted by the carrier."),
        Which::VonageSms => ("6", "The text was filtered as unwanted by the carrier."),
        Which::VonageMessages => ("1320", "The carrier could not deliver the text."),
    };
    let [sent, _, failed] = carrier.api().words();
    assert_eq!(carrier.receipt(&text, 0, sent, None).await, 204);
    assert_eq!(carrier.receipt(&text, 0, failed, Some(code)).await, 204);
    let message = sally.message_in(&session, &id, "failed").await;
    assert_eq!(at(&message, "reason"), words);
}

async fn calls_that_are_not_the_carriers_are_refused_and_leave_nothing(which: Which) {
    let (carrier, service) = which.start().await;
    let url = inbound_url(&service);
    let call = |id: &str, text: &str, stamp| {
        carrier
            .api()
            .inbound(id, [STRANGER, NUMBER], text, None, stamp)
    };
    let now = Stamp::now(0);
    assert_eq!(carrier.call(&url, &call("m-1", "first", now)).await, 204);
    let right = call("m-2", "right", now);
    let mut changed = right.clone();
    let words = changed
        .body
        .windows(5)
        .position(|five| five == b"right")
        .unwrap();
    changed.body[words..words + 5].copy_from_slice(b"wrong");
    let mut unsigned = right.clone();
    unsigned.headers.retain(|(name, _)| *name == "content-type");
    if which == Which::VonageSms {
        let body = String::from_utf8(unsigned.body).unwrap();
        let rest = body.split('&').filter(|pair| !pair.starts_with("sig="));
        unsigned.body = rest.collect::<Vec<_>>().join("&").into_bytes();
    }
    let forged = Stamp {
        forged: true,
        ..now
    };
    for (what, call) in [
        ("by another", call("m-3", "wrong", forged)),
        ("stale", call("m-4", "wrong", Stamp::now(-330))),
        ("from tomorrow", call("m-5", "wrong", Stamp::now(330))),
        ("another text", changed),
        ("unsigned", unsigned),
    ] {
        assert_eq!(carrier.call(&url, &call).await, 403, "{what}");
    }
    let elsewhere = url.replace(SECRET, &SECRET.replace('8', "9"));
    assert_eq!(carrier.call(&elsewhere, &right).await, 403);
    // And the right one is taken, once.
    for _ in 0..3 {
        assert_eq!(carrier.call(&url, &right).await, 204);
    }
    let stored = service.texts_of("SELECT text FROM message ORDER BY seq");
    assert_eq!(stored, ["first", "right"]);
    assert!(!String::from_utf8_lossy(&service.stored()).contains("wrong"));
}
