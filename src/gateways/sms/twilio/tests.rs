use super::*;
use crate::domain::consent::Keyword;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::gateways::sms::exchange::Answer;
use crate::gateways::sms::{InboundText, Receipt, Rejection, RejectionClass};
use proptest::prelude::*;

const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

fn call(kind: CallbackKind, form: &str) -> Callback {
    Callback {
        kind,
        method: "POST".to_owned(),
        url: String::new(),
        raw_query: String::new(),
        headers: vec![("content-type".to_owned(), FORM.to_owned())],
        body: form.as_bytes().to_vec(),
    }
}

const INBOUND: &str = "ToCountry=US&ToState=CA&SmsMessageSid=SM11111111111111111111111111111111&NumMedia=2\
    &ToCity=&FromZip=94105&SmsSid=SM11111111111111111111111111111111&FromState=CA&SmsStatus=received\
    &FromCity=SAN+FRANCISCO&Body=Hall%C3%B6+%F0%9F%98%80%0Atwo+%2B+two&FromCountry=US&To=%2B14155550100\
    &MessagingServiceSid=MG22222222222222222222222222222222&ToZip=&NumSegments=1\
    &MessageSid=SM11111111111111111111111111111111&AccountSid=AC33333333333333333333333333333333\
    &From=%2B14155552671&ApiVersion=2010-04-01&MediaContentType0=image%2Fjpeg\
    &MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fm%2F0&MediaContentType1=image%2Fpng\
    &MediaUrl1=https%3A%2F%2Fapi.twilio.com%2Fm%2F1";

fn told(kind: CallbackKind, form: &str) -> Result<News, CallbackError> {
    call::read(&call(kind, form))
}

fn text(form: &str) -> Result<InboundText, CallbackError> {
    told(CallbackKind::Inbound, form).map(|news| match news {
        News::Text(text) => text,
        News::Receipt(_) => panic!("it is a receipt"),
    })
}

#[test]
fn a_recorded_text_is_read_whole() {
    let text = text(INBOUND).unwrap();
    assert_eq!(text.provider_id, "SM11111111111111111111111111111111");
    assert_eq!(
        (text.from.as_str(), text.to.as_str()),
        ("+14155552671", "+14155550100")
    );
    assert_eq!(text.text, "Hallö 😀\ntwo + two");
    let pictures: Vec<_> = text
        .pictures
        .iter()
        .map(|it| (it.url.as_str(), it.content_type.as_str()))
        .collect();
    assert_eq!(
        pictures,
        [
            ("https://api.twilio.com/m/0", "image/jpeg"),
            ("https://api.twilio.com/m/1", "image/png")
        ]
    );
    assert_eq!(text.keyword, None);
}

#[test]
fn odd_texts_are_read_and_wrong_ones_refused() {
    let picture_only = text("MessageSid=MM1&From=72404&To=%2B14155550100&NumMedia=99999999999&MediaUrl0=https%3A%2F%2Fx").unwrap();
    assert_eq!(
        (picture_only.text.as_str(), picture_only.from.as_str()),
        ("", "72404")
    );
    assert_eq!(picture_only.pictures.len(), 1);
    let stopped =
        text("SmsSid=SM1&From=%2B14155552671&To=32665&Body=stop&OptOutType=STOP").unwrap();
    assert_eq!(
        (stopped.keyword, stopped.to.as_str()),
        (Some(Keyword::Stop), "32665")
    );
    for wrong in [
        "",
        "From=%2B14155552671&To=%2B14155550100&Body=no+id",
        "MessageSid=SM1&From=%2B14155552671&Body=to+nobody",
        "MessageSid=SM1&From=&To=%2B14155550100",
        "MessageSid=SM1&From=%2B14155552671&From=%2B14155552672&To=%2B14155550100",
        "MessageSid=SM1&MessageSid=SM1&From=%2B14155552671&To=%2B14155550100",
    ] {
        assert!(
            matches!(text(wrong), Err(CallbackError::Malformed(_))),
            "{wrong}"
        );
    }
}

fn status(form: &str) -> Receipt {
    let id = MessageId::parse_any("0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa").unwrap();
    match told(CallbackKind::Status(id), form) {
        Ok(News::Receipt(receipt)) => {
            assert_eq!(receipt.message_id, Some(id));
            receipt
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn statuses_are_read_and_unknown_ones_change_nothing() {
    use MessageState::{Delivered, Failed, Sent};
    for (word, state) in [
        ("queued", Some(Sent)),
        ("accepted", Some(Sent)),
        ("sending", Some(Sent)),
        ("sent", Some(Sent)),
        ("delivered", Some(Delivered)),
        ("read", Some(Delivered)),
        ("undelivered", Some(Failed)),
        ("failed", Some(Failed)),
        ("canceled", Some(Failed)),
        ("received", None),
        ("flying", None),
    ] {
        let receipt = status(&format!("MessageSid=SM1&MessageStatus={word}"));
        assert_eq!(receipt.state, state, "{word}");
        assert_eq!(receipt.provider_id.as_deref(), Some("SM1"));
        assert_eq!(receipt.reason.is_some(), state == Some(Failed));
    }
    let filtered = status("SmsSid=SM1&SmsStatus=undelivered&ErrorCode=30007");
    assert_eq!(filtered.code.as_deref(), Some("30007"));
    assert_eq!(
        filtered.reason.as_deref(),
        Some("The text was filtered as unwanted by the carrier.")
    );
    assert!(!filtered.opted_out);
    assert!(status("MessageStatus=failed&ErrorCode=21610").opted_out);
    let new = status("MessageStatus=failed&ErrorCode=99999");
    assert_eq!(
        new.reason.as_deref(),
        Some("The carrier could not deliver the text.")
    );
    let none = told(
        CallbackKind::Status(MessageId::parse_any("0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa").unwrap()),
        "MessageSid=SM1",
    );
    assert!(matches!(none, Err(CallbackError::Malformed(_))));
}

fn outcome(status: u16, body: &str) -> Outcome {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("retry-after", "7".parse().unwrap());
    send::outcome(&Answer {
        status,
        headers,
        body: body.as_bytes().to_vec(),
    })
}

#[test]
fn only_a_named_text_is_accepted() {
    let taken = r#"{"sid":"SM1","status":"queued","num_segments":"2","error_code":null}"#;
    let accepted = |parts| Outcome::Accepted {
        provider_ids: vec!["SM1".to_owned()],
        parts,
    };
    assert_eq!(outcome(201, taken), accepted(Some(2)));
    assert_eq!(
        outcome(200, r#"{"sid":"SM1","num_segments":"0"}"#),
        accepted(None)
    );
    for (status, body) in [
        (201, "{}"),
        (201, r#"{"sid":null}"#),
        (201, r#"{"sid":""}"#),
        (200, "{\"sid\":\"SM"),
        (200, "<html>hello</html>"),
        (200, ""),
        (403, "<html>blocked</html>"),
        (408, "{}"),
        (500, r#"{"code":20500,"status":500}"#),
        (503, "<html>"),
        (302, ""),
        (100, "{}"),
    ] {
        assert!(
            matches!(outcome(status, body), Outcome::Unknown { .. }),
            "{status} {body}"
        );
    }
    let failed = r#"{"sid":"SM1","status":"failed","error_code":21610}"#;
    assert_eq!(class(201, failed), Some(RejectionClass::OptOut));
}

fn class(status: u16, body: &str) -> Option<RejectionClass> {
    match outcome(status, body) {
        Outcome::Rejected(Rejection { class, reason, .. }) => {
            assert!(reason.ends_with('.'), "{reason}");
            Some(class)
        }
        _ => None,
    }
}

#[test]
fn refusals_say_what_follows() {
    use RejectionClass::{Configuration, OptOut, Permanent, Policy};
    for (status, body, expected) in [
        (400, r#"{"code":21211,"status":400}"#, Some(Permanent)),
        (400, r#"{"code":"21610"}"#, Some(OptOut)),
        (401, r#"{"code":20003}"#, Some(Configuration)),
        (400, r#"{"code":30007}"#, Some(Policy)),
        (400, r#"{"code":12}"#, Some(Permanent)),
        (400, "{}", Some(Permanent)),
        (401, r#"{"detail":"no code"}"#, Some(Configuration)),
        (404, r#"{"code":20404}"#, Some(Configuration)),
        (308, "", Some(Configuration)),
        (429, r#"{"code":21610}"#, Some(OptOut)),
        (429, r#"{"code":20429}"#, None),
    ] {
        assert_eq!(class(status, body), expected, "{status} {body}");
    }
    for (status, body) in [
        (429, r#"{"code":20429}"#),
        (429, "<html>"),
        (429, "{}"),
        (400, r#"{"code":21611}"#),
        (400, r#"{"code":14107}"#),
        (400, r#"{"code":30001}"#),
    ] {
        let back_off = outcome(status, body);
        assert!(
            matches!(
                back_off,
                Outcome::BackOff {
                    after_ms: Some(7_000),
                    ..
                }
            ),
            "{back_off:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_answer_panics(status in 0_u16..600, body in "\\PC{0,60}", code in any::<i64>()) {
        let _ = outcome(status, &body);
        let _ = outcome(status, &format!(r#"{{"code":{code},"sid":"x","num_segments":{code}}}"#));
    }
}
