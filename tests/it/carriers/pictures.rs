//! Pictures come from the carrier's own hosts, and no sign-in goes to them.

use super::{NUMBER, STRANGER, Which, inbound_url};
use crate::support::carrier::{PICTURE, Stamp};
use crate::support::eventually;
use serde_json::{Value, json};

/// What became of the one picture of a text that came in.
async fn picture_from(which: Which, address: &str) -> (Value, Vec<bool>, Vec<u8>) {
    let (carrier, service) = which.start().await;
    let address = address.replace("BASE", &carrier.url);
    let ends = [STRANGER, NUMBER];
    let call = carrier
        .api()
        .inbound("m-1", ends, "look", Some(&address), Stamp::now(0));
    assert_eq!(carrier.call(&inbound_url(&service), &call).await, 204);
    assert_eq!(service.texts_of("SELECT text FROM message"), ["look"]);
    let shown = "SELECT pictures AS text FROM message";
    let picture = eventually("the picture is settled", || async {
        let shown: Value = serde_json::from_str(&service.texts_of(shown)[0]).unwrap();
        (shown[0]["state"] != "waiting").then(|| shown[0].clone())
    })
    .await;
    (picture, carrier.picture_requests(), service.stored())
}

/// Whether bytes are in a database: as they are in SQLite's file, in hex in PostgreSQL's dump.
fn holds(stored: &[u8], bytes: &[u8]) -> bool {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let has = |wanted: &[u8]| stored.windows(wanted.len()).any(|some| some == wanted);
    has(bytes) || has(hex.as_bytes())
}

#[tokio::test]
async fn a_picture_is_fetched_without_our_sign_in_and_kept() {
    for which in [Which::Telnyx, Which::VonageMessages] {
        for (path, requests) in [("/files/picture", 1), ("/files/moved", 2)] {
            let (picture, asked, stored) = picture_from(which, &format!("BASE{path}")).await;
            assert_eq!(picture["state"], "stored", "{which:?} {path}");
            assert_eq!(asked, vec![false; requests]);
            assert!(holds(&stored, PICTURE), "{which:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_picture_that_is_elsewhere_is_given_up_at_once_and_not_asked_for() {
    for which in [Which::Telnyx, Which::VonageMessages] {
        for (address, requests) in [
            ("http://169.254.169.254/latest", 0),
            ("https://example.com/x.png", 0),
            ("BASE/files/away", 1),
        ] {
            let (picture, asked, _) = picture_from(which, address).await;
            assert_eq!(
                (&picture["state"], &picture["can_retry"]),
                (&json!("failed"), &json!(false)),
            );
            assert_eq!(
                picture["reason"],
                "It is at an address where the carrier keeps no pictures, so it was not fetched."
            );
            assert_eq!(asked, vec![false; requests], "{which:?} {address}");
        }
    }
}
