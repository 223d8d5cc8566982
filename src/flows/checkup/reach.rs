//! The way to Sugar: name, connection, certificate, and whether it is Sugar that answers.

use super::{Checkup, Finding};
use crate::gateways::crm::is_sugars;
use crate::gateways::web::{Seen, Unseen, Web};
use reqwest::Url;

/// Clocks that differ by less are as good as the `Date` of an answer can tell.
const CLOCK_MS: i64 = 30_000;

impl Checkup<'_> {
    /// Whether Sugar's REST answers at its address; every reason for not has its own words.
    pub(super) async fn reach(&self, web: &Web, sugar: &Url, found: &mut Vec<Finding>) -> bool {
        let host = sugar.host_str().unwrap_or_default();
        (self.progress)("looking up Sugar's host name");
        let seen = match web.addresses(sugar).await {
            Ok(addresses) => {
                (self.progress)("connecting to Sugar");
                match web.knock(&addresses).await {
                    Ok(()) => {
                        (self.progress)("asking Sugar's REST");
                        web.get(&rest(sugar, &self.subject.rest_version)).await
                    }
                    Err(unseen) => Err(unseen),
                }
            }
            Err(unseen) => Err(unseen),
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(unseen) => {
                found.push(not_reached(host, &unseen));
                return false;
            }
        };
        if let Some(wrong) = not_sugar(sugar, &seen) {
            found.push(wrong);
            return false;
        }
        found.push(Finding::ok("sugar", format!("Sugar answers at {host}")));
        found.extend(self.clocks(&seen));
        true
    }

    /// The difference between our clock and Sugar's.
    fn clocks(&self, seen: &Seen) -> Option<Finding> {
        let theirs = seen.date?;
        let ahead_ms = self.clock.now().0 - theirs.0;
        let minutes = |ms: i64| format!("{:.1} minutes", ms as f64 / 60_000.0);
        Some(if ahead_ms.abs() < CLOCK_MS {
            Finding::ok("clock", "this machine and Sugar have the same time")
        } else {
            let (amount, way) = match ahead_ms {
                ahead if ahead > 0 => (minutes(ahead), "ahead of"),
                behind => (minutes(-behind), "behind"),
            };
            let says = format!("this machine's clock is {amount} {way} Sugar's");
            let advice = "let both machines take their time from NTP (timedatectl set-ntp true)";
            Finding::warning("clock", "clock_differs", says, advice)
        })
    }
}

/// A call that Sugar answers without a login, if only with a refusal.
fn rest(sugar: &Url, version: &str) -> Url {
    let mut url = sugar.clone();
    url.set_path(&format!("/rest/{version}/ping"));
    url
}

/// Why Sugar was not reached.
fn not_reached(host: &str, unseen: &Unseen) -> Finding {
    let error = |code, says: String, advice: &str| Finding::error("sugar", code, says, advice);
    match unseen {
        Unseen::UnknownHost => error(
            "sugar_unknown_host",
            format!("no name server knows `{host}`"),
            "correct the host in sugar.url, or let this machine's DNS know it",
        ),
        Unseen::NoConnection(reason) => error(
            "sugar_no_connection",
            format!("nothing takes connections at {host} ({reason})"),
            "start Sugar's web server, correct the port in sugar.url, or let the firewall pass",
        ),
        Unseen::Silent => error(
            "sugar_silent",
            format!("{host} takes connections and does not answer"),
            "look at Sugar's web server and PHP: they hang or are overloaded",
        ),
        Unseen::CertificateExpired => error(
            "certificate_expired",
            format!("the certificate of {host} has expired, or is not valid yet"),
            "renew it at Sugar's web server; if it is fresh, set this machine's clock",
        ),
        Unseen::CertificateUntrusted => error(
            "certificate_untrusted",
            format!(
                "nobody this machine trusts has signed the certificate of {host} (is it self-signed?)"
            ),
            "let Sugar's web server send a certificate of a known authority with its whole chain, or \
             add your own authority to this machine (ca-certificates, or SSL_CERT_FILE)",
        ),
        Unseen::CertificateOfAnother => error(
            "certificate_of_another",
            format!("the certificate that {host} shows is for another name"),
            "write the name of the certificate in sugar.url, or get one for this name",
        ),
        Unseen::NoTls(reason) => error(
            "sugar_no_tls",
            format!("{host} and this service do not agree on TLS ({reason})"),
            "let Sugar's web server offer TLS 1.2 or 1.3, or write the right port in sugar.url",
        ),
        Unseen::Broken => error(
            "sugar_broken",
            format!("{host} hangs up before it has answered"),
            "write https or http in sugar.url as the port wants it, and look at Sugar's log",
        ),
    }
}

/// Why what answers is no Sugar.
fn not_sugar(sugar: &Url, seen: &Seen) -> Option<Finding> {
    if let Some(to) = &seen.leads_to
        && (300..400).contains(&seen.status)
    {
        let says = format!(
            "Sugar sends callers on to {}",
            to.origin().ascii_serialization()
        );
        let advice = if to.origin() == sugar.origin() {
            "switch this redirect off for /rest/: the service follows none, since it carries tokens"
                .to_owned()
        } else {
            format!(
                "write sugar.url = \"{}\"",
                to.origin().ascii_serialization()
            )
        };
        return Some(Finding::error("sugar", "sugar_redirects", says, advice));
    }
    if seen.json.as_ref().is_some_and(is_sugars) {
        return None;
    }
    Some(match seen.status {
        502..=504 => Finding::error(
            "sugar",
            "sugar_down",
            format!(
                "a proxy answers for Sugar with status {} and a page",
                seen.status
            ),
            "start Sugar's PHP and look at its web server's log; if this is maintenance, wait for its end",
        ),
        status => Finding::error(
            "sugar",
            "not_sugar",
            format!("what answers at this address (status {status}) is not Sugar's REST"),
            "write the address that people open Sugar at, without a path, in sugar.url; nothing before Sugar may \
             answer /rest/ by itself",
        ),
    })
}
