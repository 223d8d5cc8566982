//! Pictures at Twilio (sms-gateways 2.3): their address is in the call, and so is not trusted. The
//! account's sign-in goes to the API's host only, which sends us on to a host for files.

use super::Twilio;
use crate::gateways::sms::ListError;
use crate::gateways::sms::exchange::{Answer, exchange_within};
use reqwest::Url;
use reqwest::header::LOCATION;

/// Where Twilio's API sends us on to; `.` before a name stands for all names below it.
const FILE_HOSTS: &[&str] = &[".twiliocdn.com", "s3-external-1.amazonaws.com"];

/// The bytes of a picture.
pub(super) async fn fetch(
    twilio: &Twilio,
    url: &str,
    max_bytes: usize,
) -> Result<Vec<u8>, ListError> {
    let url = twilio.own_url(url)?;
    let first = twilio.signed_in(twilio.http.get(url.clone()));
    let answer = ask(first, max_bytes).await?;
    let answer = match answer.status {
        301 | 302 | 303 | 307 | 308 => {
            let target = target(&answer, &url).filter(|target| may_fetch(twilio, target));
            let target = target.ok_or(ListError::Failed("it is at a host that is not allowed"))?;
            // A request of its own: no header of the first one goes along.
            ask(twilio.http.get(target), max_bytes).await?
        }
        _ => answer,
    };
    match answer.status {
        200 => Ok(answer.body),
        404 | 410 => Err(ListError::Failed("it is gone")),
        _ => Err(ListError::Failed("the carrier does not give it")),
    }
}

async fn ask(request: reqwest::RequestBuilder, max_bytes: usize) -> Result<Answer, ListError> {
    let answer = exchange_within(request, max_bytes).await;
    answer.map_err(|_| ListError::Failed("it is too big or does not come"))
}

fn target(answer: &Answer, from: &Url) -> Option<Url> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

fn may_fetch(twilio: &Twilio, url: &Url) -> bool {
    if twilio.owns(url) {
        return true;
    }
    let host = url.host_str().unwrap_or_default();
    let allowed = |allowed: &str| match allowed.starts_with('.') {
        true => host.ends_with(allowed),
        false => host == allowed,
    };
    let plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    let listed = FILE_HOSTS.iter().copied().any(allowed);
    listed && plain && url.scheme() == "https" || is_beside_stand_in(twilio, url)
}

/// A Twilio on this machine, in tests, has its files on this machine.
fn is_beside_stand_in(twilio: &Twilio, url: &Url) -> bool {
    is_loopback(&twilio.base) && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}
