//! Pictures at Twilio (sms-gateways 2.3): the account's sign-in goes to the API's host only, which
//! sends us on to a host for files.

use super::Twilio;
use crate::domain::picture::PictureProblem;
use crate::gateways::sms::media::Hosts;

/// Where Twilio's API sends us on to.
const FILE_HOSTS: &[&str] = &[".twiliocdn.com", "s3-external-1.amazonaws.com"];

/// The bytes of a picture.
pub(super) async fn fetch(
    twilio: &Twilio,
    url: &str,
    max_bytes: usize,
) -> Result<Vec<u8>, PictureProblem> {
    let url = twilio.own_url(url).ok_or(PictureProblem::Elsewhere)?;
    let hosts = Hosts {
        base: &twilio.base,
        others: FILE_HOSTS,
    };
    let first = twilio.signed_in(twilio.http.get(url.clone()));
    hosts.fetch(&twilio.http, first, &url, max_bytes).await
}
