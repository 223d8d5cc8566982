//! What journeys do not reach yet: the carrier's list and its pictures.

use super::{GUS_PHONE, NUMBER};
use crate::support::twilio::api::message;
use crate::support::twilio::{ACCOUNT, Fault, PICTURE, SECRET, TOKEN, Text, Twilio};
use riverline::config::TwilioGateway;
use riverline::domain::clock::Timestamp;
use riverline::domain::ids::{GatewayId, MessageId};
use riverline::domain::message::MessageState;
use riverline::domain::phone::Peer;
use riverline::gateways::sms::Wanted::Everything;
use riverline::gateways::sms::{
    Listed, Outbound, Outcome, Picture, SmsGateway, TextList, exchange, twilio,
};
use serde_json::Value;

fn gateway(stand_in: &Twilio) -> twilio::Twilio {
    let settings = TwilioGateway {
        id: "tw".to_owned(),
        secret: Some(SECRET.into()),
        base_url: Some(stand_in.url.parse().unwrap()),
        account_sid: ACCOUNT.to_owned(),
        auth_token: Some(TOKEN.into()),
        ..TwilioGateway::default()
    };
    let id = GatewayId::parse("tw").unwrap();
    twilio::Twilio::new(id, &settings, exchange::client().unwrap()).unwrap()
}

#[tokio::test]
async fn the_list_of_texts_is_read_to_its_end_and_no_further() {
    let stand_in = Twilio::start().await;
    let texts: Vec<_> = (0..120)
        .map(|n| {
            stand_in.take_in(
                GUS_PHONE,
                NUMBER,
                &format!("text {n}"),
                usize::from(n == 7) * 2,
            )
        })
        .collect();
    stand_in.take_in(GUS_PHONE, "+14155550199", "to another number", 0);
    let carrier = gateway(&stand_in);
    let all = carrier
        .list(NUMBER, Timestamp(0), Everything)
        .await
        .unwrap()
        .texts;
    let bodies: Vec<_> = all
        .iter()
        .map(|listed| match listed {
            Listed::Inbound(text) => (text.provider_id.clone(), text.text.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected: Vec<_> = texts
        .iter()
        .map(|text| (text.sid.clone(), text.body.clone()))
        .collect();
    assert_eq!(bodies, expected);
    let Listed::Inbound(with_pictures) = &all[7] else {
        panic!("it came in")
    };
    assert_eq!(with_pictures.pictures.len(), 2);
    let bytes = carrier
        .fetch(&with_pictures.pictures[0], 1_000)
        .await
        .unwrap();
    assert_eq!(bytes, PICTURE);
    let later = Timestamp(texts[119].created_ms + 5_000);
    assert_eq!(
        carrier.list(NUMBER, later, Everything).await,
        Ok(TextList::default())
    );
}

async fn send(carrier: &twilio::Twilio, text: &str) -> Outcome {
    let outbound = Outbound {
        message_id: MessageId::parse_any("0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa").unwrap(),
        from: NUMBER.to_owned(),
        to: Peer::parse(GUS_PHONE).unwrap(),
        text: text.to_owned(),
        status_url: "https://cb.example/s".into(),
        validity_s: 99_999,
    };
    carrier.send(&outbound).await
}

#[tokio::test]
async fn a_text_of_ours_is_in_the_list_with_its_state() {
    let stand_in = Twilio::start().await;
    let carrier = gateway(&stand_in);
    let sent = send(&carrier, "ours").await;
    let sid = stand_in.ledger()[0].sid.clone();
    let accepted = Outcome::Accepted {
        provider_ids: vec![sid.clone()],
        parts: Some(1),
    };
    assert_eq!(sent, accepted);
    stand_in.fail(&[Fault::SameId]);
    assert_eq!(send(&carrier, "another").await, accepted);
    let listed = carrier
        .list(NUMBER, Timestamp(0), Everything)
        .await
        .unwrap()
        .texts;
    let [
        Listed::Outbound {
            provider_id,
            from,
            to,
            text,
            receipt,
            ..
        },
        _,
    ] = listed.as_slice()
    else {
        panic!("{listed:?}")
    };
    assert_eq!(
        (provider_id, from.as_str(), to.as_str()),
        (&sid, NUMBER, GUS_PHONE)
    );
    assert_eq!(text.as_deref(), Some("ours"));
    assert_eq!(receipt.state, Some(MessageState::Sent));
}

/// SignalWire counts pictures without quotes, and has error codes in them.
fn as_signal_wire(text: &Text) -> Value {
    let mut row = message(text);
    row["num_media"] = text.pictures.len().into();
    row["error_code"] = match text.body.as_str() {
        "refused" => "30007".into(),
        _ => Value::Null,
    };
    if text.body == "no date" {
        row["date_created"] = Value::Null;
    }
    if text.body == "another form" {
        row = "SM".into();
    }
    row
}

#[tokio::test]
async fn a_row_in_another_form_loses_nothing_but_itself() {
    let stand_in = Twilio::start().await;
    stand_in.list_as(as_signal_wire);
    let carrier = gateway(&stand_in);
    let pictures = [
        ("first", 0),
        ("no date", 0),
        ("another form", 0),
        ("last", 1),
    ];
    for (body, count) in pictures {
        stand_in.take_in(GUS_PHONE, NUMBER, body, count);
    }
    send(&carrier, "refused").await;
    stand_in.settle("refused", "failed");
    let listed = carrier
        .list(NUMBER, Timestamp(0), Everything)
        .await
        .unwrap()
        .texts;
    // Either might be a text of ours.
    let unreadable = Listed::Unreadable { created_at: None };
    assert_eq!(listed[..2], [unreadable.clone(), unreadable]);
    let [
        _,
        _,
        Listed::Inbound(first),
        Listed::Inbound(last),
        Listed::Outbound { receipt, .. },
    ] = listed.as_slice()
    else {
        panic!("{listed:?}")
    };
    assert_eq!((first.text.as_str(), first.pictures.len()), ("first", 0));
    assert_eq!((last.text.as_str(), last.pictures.len()), ("last", 1));
    assert_eq!(receipt.code.as_deref(), Some("30007"));
}

#[tokio::test]
async fn a_picture_is_fetched_without_giving_our_sign_in_away() {
    let stand_in = Twilio::start().await;
    let text = stand_in.take_in(GUS_PHONE, NUMBER, "", 1);
    let carrier = gateway(&stand_in);
    let at = |url: &str| Picture {
        url: url.to_owned(),
        content_type: "image/png".to_owned(),
    };
    let messages = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages", stand_in.url);
    let picture = at(&format!(
        "{messages}/{}/Media/{}",
        text.sid, text.pictures[0]
    ));
    assert_eq!(
        carrier.fetch(&picture, PICTURE.len()).await.unwrap(),
        PICTURE
    );
    assert_eq!(stand_in.file_requests(), [false]);
    assert!(carrier.fetch(&picture, PICTURE.len() - 1).await.is_err());
    for elsewhere in [
        "https://example.com/x",
        "http://169.254.169.254/latest",
        "https://api.twilio.com/x",
        "file:///etc/passwd",
        "//example.com/x",
        "",
        "not a url at all",
        "https://api.twilio.com@127.0.0.1/x",
    ] {
        assert!(
            carrier.fetch(&at(elsewhere), 1_000).await.is_err(),
            "{elsewhere}"
        );
    }
}
