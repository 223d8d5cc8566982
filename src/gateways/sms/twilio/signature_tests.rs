use super::call as reading;
use super::signature::{SharedKey, Signer};
use crate::gateways::sms::{Callback, CallbackError, CallbackKind};
use proptest::prelude::*;

const U: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const PARAMETERS: &str = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
const TOKEN: &str = "12345";
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

fn signer(tokens: &[&str]) -> Signer {
    Signer {
        header: "x-twilio-signature".to_owned(),
        tokens: tokens.iter().map(|token| (*token).into()).collect(),
        shared_key: Some(SharedKey {
            id: "k1".to_owned(),
            secret: TOKEN.into(),
        }),
    }
}

fn call(url: &str, content_type: Option<&str>, body: &[u8], signature: &str) -> Callback {
    let mut headers = vec![("x-twilio-signature".to_owned(), signature.to_owned())];
    if let Some(content_type) = content_type {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Callback {
        kind: CallbackKind::Inbound,
        method: "POST".to_owned(),
        url: url.to_owned(),
        raw_query: url
            .split_once('?')
            .map_or("", |(_, query)| query)
            .to_owned(),
        headers,
        body: body.to_vec(),
    }
}

fn signed(url: &str, form: &str, signature: &str) -> bool {
    let call = call(url, Some(FORM), form.as_bytes(), signature);
    signer(&[TOKEN]).check(&call).is_ok()
}

#[test]
fn published_signatures_are_accepted() {
    let repeated = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    let own = "From=%2B15551230001&To=%2B15550000000&Body=Za%C5%BC%C3%B3%C5%82%C4%87+%F0%9F%98%80+a%26b%3Dc\
               &MessageSid=SM00000000000000000000000000000000&NumMedia=0&Empty=";
    for (url, form, signature) in [
        (U, PARAMETERS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            "https://mycompany.com:443/myapp.php?foo=1&bar=2",
            PARAMETERS,
            "kvajT1Ptam85bY51eRf/AJRuM3w=",
        ),
        (
            "http://mycompany.com:80/myapp.php?foo=1&bar=2",
            PARAMETERS,
            "0ZXoZLH/DfblKGATFgpif+LLRf4=",
        ),
        (
            "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
            PARAMETERS,
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        ),
        (U, repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (
            "https://h.example/x",
            "M=b&M=a&M=a&Z=1",
            "+sB8/tBL0mGhYBr5CgtkQScWVAk=",
        ),
        ("https://h.example/x", own, "1IVWQep5n4+vCZ7yrHdGtwz+YRY="),
        (
            "https://h.example:443/x",
            own,
            "a3q/B/T7kL7O43HoY/g4sQa/0PQ=",
        ),
    ] {
        assert!(signed(url, form, signature), "{url} {form}");
        assert!(!signed(
            &url.replace("my", "your").replace("/x", "/y"),
            form,
            signature
        ));
        assert!(!signed(url, &format!("{form}&More=1"), signature));
        let other = call(url, Some(FORM), form.as_bytes(), signature);
        assert!(signer(&["another"]).check(&other).is_err());
        assert!(signer(&["another", TOKEN]).check(&other).is_ok());
    }
}

#[test]
fn the_port_may_be_written_or_not() {
    // Both were signed with the other way of writing the address.
    assert!(signed(U, PARAMETERS, "kvajT1Ptam85bY51eRf/AJRuM3w="));
    let with_port = "https://mycompany.com:8443/myapp.php?foo=1&bar=2";
    assert!(signed(
        with_port,
        PARAMETERS,
        "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    ));
    assert!(!signed(
        "http://mycompany.com/myapp.php?foo=1&bar=2",
        PARAMETERS,
        "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    ));
}

#[test]
fn a_body_that_is_no_form_is_covered_by_its_hash_or_refused() {
    let body = br#"{"property": "value", "boolean": true}"#;
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let url = format!("{U}&bodySHA256={hash}");
    let signature = "a9nBmqA0ju/hNViExpshrM61xv4=";
    let json = Some("application/json");
    let check = |call: Callback| signer(&[TOKEN]).check(&call);
    assert_eq!(check(call(&url, json, body, signature)), Ok(()));
    assert!(check(call(&url, json, b"{}", signature)).is_err());
    assert!(check(call(&url, None, body, signature)).is_ok());
    let twice = format!("{url}&bodySHA256={hash}");
    assert!(check(call(&twice, json, body, signature)).is_err());
    // The address alone is signed rightly, and the body by nobody.
    let bare = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    let uncovered = CallbackError::Forged("the body is not covered by the signature");
    assert_eq!(
        check(call(U, json, PARAMETERS.as_bytes(), bare)),
        Err(uncovered)
    );
}

#[test]
fn a_get_is_signed_by_its_address_alone() {
    let mut got = call(U, None, b"", "a9nBmqA0ju/hNViExpshrM61xv4=");
    got.method = "GET".to_owned();
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    got.url = format!("{U}&bodySHA256={hash}");
    assert_eq!(signer(&[TOKEN]).check(&got), Ok(()));
}

#[test]
fn a_call_may_name_the_shared_key_and_nothing_weaker() {
    let signature = "4G0C7aeA3ikMmyV+j+H3NTE08GYL6BdZpKOknxCXWpo=";
    let check = |settings: &str| {
        let mut call = call(U, Some(FORM), b"a=b", signature);
        call.headers
            .push((SETTINGS.to_owned(), settings.to_owned()));
        signer(&["another"]).check(&call).is_ok()
    };
    assert!(check("key=k1,algorithm=HMAC_SHA256"));
    assert!(check("algorithm=HMAC_SHA256, key=k1"));
    for refused in [
        "",
        "key=k1",
        "algorithm=HMAC_SHA256",
        "key=k2,algorithm=HMAC_SHA256",
        "key=k1,algorithm=HMAC_SHA1",
        "key=k1,algorithm=NONE",
        "key=k2,key=k1,algorithm=HMAC_SHA256",
        "key=k1,algorithm=HMAC_SHA1,algorithm=HMAC_SHA256",
    ] {
        assert!(!check(refused), "{refused}");
    }
    // Without the header only the account's tokens count.
    let plain = call(U, Some(FORM), b"a=b", signature);
    assert!(signer(&[TOKEN]).check(&plain).is_err());
}

#[test]
fn a_call_without_a_signature_is_forged() {
    let mut none = call(U, Some(FORM), b"a=b", "");
    assert!(signer(&[TOKEN]).check(&none).is_err());
    none.headers.clear();
    let missing = CallbackError::Forged("there is no signature");
    assert_eq!(signer(&[TOKEN]).check(&none), Err(missing));
}

/// Signs as Twilio's documentation says, apart from our own code.
fn sign(pairs: &[(String, String)]) -> String {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    let mut sorted = pairs.to_vec();
    sorted.sort();
    sorted.dedup();
    let text: String = sorted
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(format!("{U}{text}").as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

proptest! {
    #[test]
    fn no_bytes_panic(
        body in prop::collection::vec(any::<u8>(), 0..300),
        method in prop::sample::select(vec!["GET", "POST"]),
        form in any::<bool>(),
        url in "\\PC{0,60}",
        header in "\\PC{0,60}",
    ) {
        let mut call = call(&url, form.then_some(FORM), &body, &header);
        call.method = method.to_owned();
        call.headers.push((SETTINGS.to_owned(), header));
        let _ = reading::read(&call);
        prop_assert!(signer(&[TOKEN]).check(&call).is_err());
        call.headers.pop();
        let _ = signer(&[TOKEN]).check(&call);
    }

    #[test]
    fn any_form_that_was_signed_is_accepted_in_any_order(
        mut pairs in prop::collection::vec(("[A-Za-z]{1,3}", "\\PC{0,8}"), 0..8),
        seed in any::<u64>(),
    ) {
        let encoded = |pairs: &[(String, String)]| {
            let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
            pairs.join("&")
        };
        let signature = sign(&pairs);
        pairs.sort_by_key(|pair| (pair.0.len() as u64 ^ seed, pair.1.len()));
        prop_assert!(signed(U, &encoded(&pairs), &signature));
        pairs.push(("Body".to_owned(), "forged".to_owned()));
        prop_assert!(!signed(U, &encoded(&pairs), &signature));
    }
}
