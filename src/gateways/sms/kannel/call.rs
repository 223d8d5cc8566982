//! Kannel's calls: everything is in the query, and not all of it is UTF-8 (sms-gateways 5.4).

use crate::domain::clock::Timestamp;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::gateways::sms::{CallbackError, InboundText, Part, Receipt};
use percent_encoding::percent_decode_str;

/// Kannel's clock counts seconds.
const MS: i64 = 1_000;
/// Longer digits without `+` are a number that lost it, not a short code.
const SHORT_CODE_DIGITS: usize = 8;
/// Letters and digits of an SMSC's answer worth keeping.
const CODE_CHARS: usize = 40;

const fn malformed<T>(what: &'static str) -> Result<T, CallbackError> {
    Err(CallbackError::Malformed(what))
}

/// The parameters of a query as bytes.
struct Query<'q>(&'q str);

impl Query<'_> {
    /// The bytes of a parameter; none and twice are both wrong.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, CallbackError> {
        let mut found = self.0.split('&').filter_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then_some(value)
        });
        match (found.next(), found.next()) {
            (Some(value), None) => Ok(percent_decode_str(&value.replace('+', " ")).collect()),
            (None, _) => malformed("a parameter is missing"),
            (Some(_), Some(_)) => malformed("a parameter comes twice"),
        }
    }

    /// A parameter that is text.
    fn text(&self, name: &str) -> Result<String, CallbackError> {
        match String::from_utf8(self.bytes(name)?) {
            Ok(text) => Ok(text),
            Err(_) => malformed("a parameter is not text"),
        }
    }
}

/// Reads the query of the documented `get-url`.
pub(super) fn text(raw_query: &str) -> Result<InboundText, CallbackError> {
    let query = Query(raw_query);
    let provider_id = query.text("id")?;
    if provider_id.is_empty() {
        return malformed("the text has no id");
    }
    let Ok(from) = Peer::parse(&address(&query.text("from")?)) else {
        return malformed("the sender is neither a number nor a name");
    };
    let seconds = query.text("time")?.parse::<i64>().ok();
    let body = unhex(&query.text("hex")?)?;
    Ok(InboundText {
        provider_id,
        from,
        to: address(&query.text("to")?),
        text: decode(&body, &query.text("charset")?, &query.text("coding")?)?,
        sent_at: seconds.map(|seconds| Timestamp(seconds.saturating_mul(MS))),
        pictures: Vec::new(),
        part: part(&query.bytes("udh")?),
        keyword: None,
    })
}

/// A number with its `+`, whatever the link made of it; short codes and names as they are.
fn address(raw: &str) -> String {
    let raw = raw.trim();
    let digits = raw.bytes().all(|byte| byte.is_ascii_digit());
    match raw.strip_prefix("00") {
        Some(rest) if digits => format!("+{rest}"),
        None if digits && raw.len() > SHORT_CODE_DIGITS => format!("+{raw}"),
        _ => raw.to_owned(),
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, CallbackError> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| match *pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
    match bytes {
        Some(bytes) => Ok(bytes),
        None => malformed("the text is not in hex"),
    }
}

/// The text in the alphabet that Kannel says it is in.
fn decode(body: &[u8], charset: &str, coding: &str) -> Result<String, CallbackError> {
    match (charset.to_ascii_uppercase().as_str(), coding) {
        (_, "1") => malformed("this is data, not a text"),
        ("UTF-16BE" | "UTF-16" | "UCS-2", _) | (_, "2") => Ok(utf_16_be(body)),
        ("UTF-8" | "", _) => Ok(String::from_utf8_lossy(body).into_owned()),
        ("ISO-8859-1" | "LATIN1", _) => Ok(body.iter().copied().map(char::from).collect()),
        _ => malformed("the text is in an alphabet that is not known"),
    }
}

fn utf_16_be(body: &[u8]) -> String {
    let units = body.chunks(2).map(|pair| {
        pair.iter()
            .fold(0, |unit: u16, byte| unit << 8 | u16::from(*byte))
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Which part this is, from the header before the text, when Kannel was told not to join them.
fn part(header: &[u8]) -> Option<Part> {
    let mut elements = header.get(1..)?;
    while let [kind, length, rest @ ..] = elements {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        let (reference, total, number) = match (kind, value) {
            (0x00, &[reference, total, number]) => (u16::from(reference), total, number),
            (0x08, &[high, low, total, number]) => (u16::from_be_bytes([high, low]), total, number),
            _ => {
                elements = after;
                continue;
            }
        };
        let sound = total > 1 && (1..=total).contains(&number);
        return sound.then(|| Part {
            reference: reference.to_string(),
            number: u16::from(number),
            total: u16::from(total),
        });
    }
    None
}

/// Reads the query of our own `dlr-url`.
pub(super) fn receipt(message_id: MessageId, raw_query: &str) -> Result<Receipt, CallbackError> {
    use MessageState::{Delivered, Failed, Sent};
    let query = Query(raw_query);
    let state = match query.text("status")?.as_str() {
        "1" => Some(Delivered),
        "2" | "16" => Some(Failed),
        "8" => Some(Sent),
        // Waits at the SMSC, or news on the way: nothing that we show.
        "4" | "32" => None,
        _ => return malformed("the kind of this receipt is not known"),
    };
    let answer = query.bytes("answer")?;
    let answer = String::from_utf8_lossy(&answer);
    let failed = state == Some(Failed);
    Ok(Receipt {
        message_id: Some(message_id),
        provider_id: None,
        state,
        of_part: false,
        unknown_status: None,
        code: failed.then(|| code(&answer)).flatten(),
        reason: failed.then(|| reason(&answer).to_owned()),
        opted_out: false,
    })
}

/// What the SMSC calls its reason; its answer also holds the beginning of the text.
fn code(answer: &str) -> Option<String> {
    let code = match answer.strip_prefix("NACK/") {
        Some(nack) => nack.split('/').next()?.to_owned(),
        None => {
            let stat = after(answer, "stat:")?;
            match after(answer, "err:") {
                Some(error) => format!("{stat}/{error}"),
                None => stat.to_owned(),
            }
        }
    };
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '/';
    let code: String = code.chars().filter(plain).take(CODE_CHARS).collect();
    (!code.is_empty()).then_some(code)
}

fn after<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer.split(' ').find_map(|word| word.strip_prefix(name))
}

fn reason(answer: &str) -> &'static str {
    match after(answer, "stat:") {
        Some("EXPIRED") => "The phone could not be reached in time.",
        Some("REJECTD") => "The carrier refused the text.",
        Some(_) => "The carrier could not deliver the text.",
        None if answer.starts_with("NACK/") => "The carrier refused the text.",
        None => "The text could not be delivered.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the real Kannel calls (sms-gateways 5.1).
    fn query(hex: &str, charset: &str, coding: &str) -> String {
        format!(
            "from=14155552671&to=14155550100&hex={hex}&charset={charset}&coding={coding}\
             &time=1795355250&id=410bc050-1&udh="
        )
    }

    #[test]
    fn texts_come_in_their_alphabet_and_numbers_with_their_plus() {
        let gsm = text(&query("67736D2040207BE282AC7D20C3A9", "UTF-8", "0")).unwrap();
        assert_eq!(gsm.text, "gsm @ {€} é");
        assert_eq!(
            (gsm.from.as_str(), gsm.to.as_str()),
            ("+14155552671", "+14155550100")
        );
        assert_eq!(gsm.sent_at, Some(Timestamp(1_795_355_250_000)));
        assert_eq!(gsm.provider_id, "410bc050-1");
        let ucs2 = text(&query("004800E920ACD83DDE00", "UTF-16BE", "2")).unwrap();
        assert_eq!(ucs2.text, "Hé€😀");
    }

    #[test]
    fn addresses_are_what_they_were_before_the_link() {
        for (raw, expected) in [
            ("14155552671", "+14155552671"),
            ("+14155552671", "+14155552671"),
            ("0014155552671", "+14155552671"),
            ("72404", "72404"),
            ("12345678", "12345678"),
            ("ACME Bank", "ACME Bank"),
        ] {
            assert_eq!(address(raw), expected);
        }
    }

    #[test]
    fn parts_are_known_by_their_header() {
        let part_of = |number| {
            Some(Part {
                reference: "42".to_owned(),
                number,
                total: 3,
            })
        };
        assert_eq!(part(&[5, 0, 3, 42, 3, 2]), part_of(2));
        assert_eq!(part(&[6, 8, 4, 0, 42, 3, 1]), part_of(1));
        assert_eq!(
            part(&[10, 5, 3, 1, 2, 3, 0, 3, 42, 3, 3]),
            part_of(3),
            "after another element"
        );
        for none in [
            &[][..],
            &[5, 0, 3, 42, 1, 1],
            &[5, 0, 3, 42, 3, 4],
            &[5, 0, 9, 1],
        ] {
            assert_eq!(part(none), None);
        }
    }

    #[test]
    fn receipts_say_why_and_never_the_text() {
        let id = MessageId::from_uuid(uuid::Uuid::nil());
        let read = |query| receipt(id, query).unwrap();
        let delivered =
            read("status=1&answer=id%3AS1+sub%3A001+stat%3ADELIVRD+err%3A000+text%3AHi");
        assert_eq!(delivered.state, Some(MessageState::Delivered));
        assert_eq!((delivered.code, delivered.reason), (None, None));
        let lost = read("status=2&answer=id%3AS1+stat%3AUNDELIV+err%3A069+text%3AHi");
        assert_eq!(lost.state, Some(MessageState::Failed));
        assert_eq!(lost.code.as_deref(), Some("UNDELIV/069"));
        let refused = read("status=16&answer=NACK%2F0x0000000b%2FInvalid+Destination+Address");
        assert_eq!(refused.code.as_deref(), Some("0x0000000b"));
        assert_eq!(
            refused.reason.as_deref(),
            Some("The carrier refused the text.")
        );
        assert_eq!(read("status=4&answer=").state, None);
        for wrong in [
            "",
            "status=1",
            "status=7&answer=",
            "status=1&status=2&answer=",
        ] {
            assert!(receipt(id, wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(raw in "\\PC{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = text(&raw);
            let _ = text(&query(&raw, "UTF-16BE", "2"));
            let _ = receipt(MessageId::from_uuid(uuid::Uuid::nil()), &raw);
            let _ = part(&bytes);
        }

        #[test]
        fn every_text_in_utf_16_comes_through(sent in "\\PC{0,40}") {
            let hex: String = sent.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
            prop_assert_eq!(text(&query(&hex, "UTF-16BE", "2")).unwrap().text, sent);
        }
    }
}
