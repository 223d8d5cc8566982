//! What Twilio's Messages API says (sms-gateways 2.1, 2.2); its own SDK checks that it does.

use super::super::wire::{Answer, value};
use super::{ACCOUNT, Text};
use serde_json::{Value, json};

/// Twilio's answer to a mistake.
pub fn refusal(status: u16, code: u32, message: &str) -> Answer {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": message, "more_info": more, "status": status});
    Answer::json(status, &body)
}

/// Twilio's answer to who asks too much.
pub fn busy(wait_s: u16) -> Answer {
    let mut busy = refusal(429, 20429, "Too Many Requests");
    busy.headers.push_str(&format!("Retry-After: {wait_s}\r\n"));
    busy
}

/// What is wrong with a text to be sent.
pub fn mistake(form: &[(String, String)]) -> Option<Answer> {
    let has = |name: &str| value(form, name).is_some_and(|value| !value.is_empty());
    let is_number = |number: &str| {
        let digits = number.strip_prefix('+').unwrap_or(number);
        (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let validity = value(form, "ValidityPeriod").map_or(Ok(1), str::parse::<u32>);
    if !has("To") {
        Some(refusal(400, 21604, "A 'To' phone number is required."))
    } else if !value(form, "To").is_some_and(is_number) {
        Some(refusal(400, 21211, "Invalid 'To' Phone Number"))
    } else if !has("From") && !has("MessagingServiceSid") {
        Some(refusal(400, 21603, "A 'From' phone number is required."))
    } else if !has("Body") && !has("MediaUrl") {
        Some(refusal(400, 21602, "Message body is required."))
    } else if value(form, "Body").is_some_and(|body| body.chars().count() > 1_600) {
        Some(refusal(
            400,
            21617,
            "The message body exceeds the 1600 character limit.",
        ))
    } else if value(form, "StatusCallback").is_some_and(|url| !url.starts_with("http")) {
        Some(refusal(
            400,
            21609,
            "The 'StatusCallback' URL is not a valid URL.",
        ))
    } else if !validity.is_ok_and(|seconds| (1..=36_000).contains(&seconds)) {
        Some(refusal(400, 20001, "Invalid parameter 'ValidityPeriod'"))
    } else {
        None
    }
}

/// A text as JSON.
pub fn message(text: &Text) -> Value {
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}", text.sid);
    let date = |ms: i64| {
        let zoned = jiff::Timestamp::from_millisecond(ms).unwrap();
        zoned.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    };
    let is_waiting = matches!(text.status.as_str(), "queued" | "accepted" | "scheduled");
    json!({
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": date(text.created_ms),
        "date_sent": (!is_waiting).then(|| date(text.created_ms)),
        "date_updated": date(text.created_ms),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": null,
        "from": text.from,
        "messaging_service_sid": text.service,
        "num_media": text.pictures.len().to_string(),
        "num_segments": "1",
        "price": null,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": format!("{uri}/Media.json")},
        "to": text.to,
        "uri": format!("{uri}.json"),
    })
}

/// One page of the texts that a query asks for, newest first.
pub fn page(
    texts: &[Text],
    row: fn(&Text) -> Value,
    path: &str,
    query: &[(String, String)],
) -> Answer {
    let wanted = |text: &&Text| {
        value(query, "To").is_none_or(|to| text.to == to)
            && value(query, "From").is_none_or(|from| text.from == from)
    };
    let number = |name: &str, usual: usize| {
        let given = value(query, name).map(|text| text.parse().unwrap());
        given.unwrap_or(usual)
    };
    let (size, page) = (number("PageSize", 50).clamp(1, 1_000), number("Page", 0));
    let found: Vec<_> = texts.iter().rev().filter(wanted).collect();
    let shown: Vec<_> = found.iter().skip(page * size).take(size).collect();
    let address = |page: usize| {
        let mut pairs: Vec<String> = Vec::new();
        for name in ["To", "From"] {
            let given = value(query, name);
            pairs.extend(given.map(|number| format!("{name}={}", number.replace('+', "%2B"))));
        }
        pairs.push(format!("PageSize={size}&Page={page}&PageToken=PASM{page}"));
        format!("{path}?{}", pairs.join("&"))
    };
    let next = (found.len() > (page + 1) * size).then(|| address(page + 1));
    let messages: Vec<_> = shown.iter().map(|text| row(text)).collect();
    let body = json!({
        "messages": messages,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + messages.len().saturating_sub(1),
        "first_page_uri": address(0),
        "next_page_uri": next,
        "previous_page_uri": page.checked_sub(1).map(address),
        "uri": address(page),
    });
    Answer::json(200, &body)
}

/// The pictures of a text.
pub fn media(text: &Text) -> Answer {
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}/Media", text.sid);
    let rows = text.pictures.iter().map(|sid| {
        json!({
            "sid": sid, "account_sid": ACCOUNT, "parent_sid": text.sid, "content_type": "image/png",
            "uri": format!("{uri}/{sid}.json"),
        })
    });
    let rows: Vec<_> = rows.collect();
    Answer::json(
        200,
        &json!({"media_list": rows, "page": 0, "page_size": 50, "uri": uri}),
    )
}
