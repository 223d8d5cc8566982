//! What a browser on Sugar's page meets on its way to this service.

use super::{Checkup, Finding, csp};
use crate::gateways::web::{Seen, Unseen, Web};
use reqwest::Url;

/// What panels send beside what every page may.
const PANEL_HEADERS: &str = "authorization,content-type,idempotency-key,sugar-token";

/// The socket's protocol, as panels ask for it.
const PROTOCOL: &str = "riverline.v1";

/// Sugar's page may be some steps away, all of them on Sugar itself.
const MOST_STEPS: usize = 3;

impl Checkup<'_> {
    /// Whether it is this service that answers at its public address.
    pub(super) async fn answers(&self, web: &Web, service: &Url, found: &mut Vec<Finding>) -> bool {
        (self.progress)("calling the service's public address");
        let at = service.as_str().trim_end_matches('/');
        let seen = web.get(&below(service, "healthz")).await;
        let ours = |seen: &Seen| {
            seen.status == 200
                && seen
                    .json
                    .as_ref()
                    .is_some_and(|json| json["status"] == "ok")
        };
        match seen {
            Ok(seen) if ours(&seen) => {
                found.push(Finding::ok(
                    "public_url",
                    format!("this service answers at {at}"),
                ));
                true
            }
            Ok(seen) => {
                let says = format!("something else answers at {at} (status {})", seen.status);
                let advice = "correct public_url, or let the proxy in front pass everything to listen.public";
                found.push(Finding::error(
                    "public_url",
                    "public_url_elsewhere",
                    says,
                    advice,
                ));
                false
            }
            Err(unseen) => {
                found.push(unanswered(at, &unseen));
                false
            }
        }
    }

    /// Whether Sugar's page may connect to us, by its content security policy.
    pub(super) async fn policy(
        &self,
        web: &Web,
        sugar: &Url,
        service: &Url,
        found: &mut Vec<Finding>,
    ) {
        (self.progress)("reading Sugar's page");
        let Some(page) = page(web, sugar).await else {
            let says = "Sugar's page cannot be read, so nobody knows what it lets browsers do";
            let advice =
                "open Sugar in a browser and look into its console for refused connections";
            found.push(Finding::warning("csp", "csp_unknown", says, advice));
            return;
        };
        let mut missing = Vec::new();
        let mut by = "";
        for address in [service.clone(), socket_address(service)] {
            if let Some(directive) = csp::forbids(&page.policies, sugar, &address) {
                by = directive;
                missing.push(origin_text(&address));
            }
        }
        found.push(if missing.is_empty() {
            Finding::ok("csp", "Sugar's page lets browsers connect to this service")
        } else {
            let missing = missing.join(" ");
            let says = format!("Sugar's page forbids browsers to connect to {missing} ({by})");
            let advice = format!("add {missing} in Admin > Content Security Policy Settings");
            Finding::error("csp", "csp_forbids", says, advice)
        });
    }

    /// A page that came by https calls nothing by http.
    pub(super) fn mixed_content(&self, sugar: &Url, service: &Url, found: &mut Vec<Finding>) {
        // Browsers take this machine itself for safe.
        let local = ["localhost", "127.0.0.1", "[::1]"];
        let safe = service.scheme() == "https"
            || service.host_str().is_some_and(|host| local.contains(&host));
        if sugar.scheme() == "https" && !safe {
            let says = "Sugar is https and public_url is http: browsers refuse the connection";
            let advice = "put a proxy that speaks TLS in front of this service and write https in public_url";
            found.push(Finding::error(
                "mixed_content",
                "mixed_content",
                says,
                advice,
            ));
        }
    }

    /// Whether pages of Sugar may call us.
    pub(super) async fn cors(&self, web: &Web, service: &Url, found: &mut Vec<Finding>) {
        (self.progress)("calling the service as Sugar's page does");
        let Some(page) = self.page_origin() else {
            return;
        };
        let mut origins = vec![page];
        origins.extend(self.subject.origins.iter().cloned());
        origins.dedup();
        let url = below(service, "v1/sign-in");
        for origin in origins {
            let seen = web.preflight(&url, &origin, PANEL_HEADERS).await;
            if seen.is_ok_and(|seen| {
                seen.status < 300 && seen.allowed_origin.as_ref() == Some(&origin)
            }) {
                found.push(Finding::ok(
                    "cors",
                    format!("pages of {origin} may call this service"),
                ));
                continue;
            }
            let says = format!("pages of {origin} may not call this service");
            let advice = format!(
                "add \"{origin}\" to sugar.origins (or leave it empty), start the service anew, and let no proxy in \
                 front answer OPTIONS or change Access-Control headers"
            );
            found.push(Finding::error("cors", "origin_refused", says, advice));
        }
    }

    /// Whether a WebSocket comes through.
    pub(super) async fn socket(&self, web: &Web, service: &Url, found: &mut Vec<Finding>) {
        (self.progress)("opening a WebSocket as Sugar's page does");
        // An origin that is refused has its own finding.
        let Some(origin) = self.subject.origins.first() else {
            return;
        };
        let url = below(service, "v1/socket");
        found.push(match web.socket(&url, origin, PROTOCOL).await {
            Ok(seen) if seen.status == 101 => Finding::ok("socket", "a WebSocket comes through"),
            other => {
                let status = other.map_or("no answer".to_owned(), |seen| {
                    format!("status {}", seen.status)
                });
                let says = format!("a WebSocket does not come through ({status})");
                let advice =
                    "let the proxy in front pass Upgrade and Connection headers for /v1/socket";
                Finding::error("socket", "socket_blocked", says, advice)
            }
        });
    }

    fn page_origin(&self) -> Option<String> {
        let sugar = self.subject.sugar.as_ref()?;
        Some(sugar.origin().ascii_serialization())
    }
}

pub(super) fn unanswered(at: &str, unseen: &Unseen) -> Finding {
    let wrong = |code, says: String, advice: &str| Finding::error("public_url", code, says, advice);
    match unseen {
        Unseen::CertificateExpired => wrong(
            "own_certificate_expired",
            format!("the certificate at {at} has expired, or is not valid yet: browsers refuse it"),
            "renew it at the proxy in front of this service",
        ),
        Unseen::CertificateOfAnother => wrong(
            "own_certificate_of_another",
            format!("the certificate at {at} is for another name: browsers refuse it"),
            "get one for this name, or write the name of the certificate in public_url",
        ),
        Unseen::CertificateUntrusted => Finding::warning(
            "public_url",
            "own_certificate_untrusted",
            format!("this machine does not trust the certificate at {at}"),
            "use one of a known authority, unless all browsers know yours; nothing more is checked at this address",
        ),
        // The way out and back in is closed in many networks, and browsers do not take it.
        _ => Finding::warning(
            "public_url",
            "public_url_silent",
            format!("nothing answers at {at} when this machine calls it"),
            "start the service and its proxy; if browsers reach it and this machine does not, all is well",
        ),
    }
}

/// Sugar's page, a few steps of its own away at most.
async fn page(web: &Web, sugar: &Url) -> Option<Seen> {
    let mut url = sugar.clone();
    for _ in 0..MOST_STEPS {
        let seen = web.get(&url).await.ok()?;
        match &seen.leads_to {
            Some(to) if (300..400).contains(&seen.status) => {
                if to.origin() != sugar.origin() {
                    return None;
                }
                url = to.clone();
            }
            _ => return (seen.status == 200).then_some(seen),
        }
    }
    None
}

/// An address below the service's, which may have a path of its own.
fn below(service: &Url, path: &str) -> Url {
    let mut url = service.clone();
    let folder = service.path().trim_end_matches('/');
    url.set_path(&format!("{folder}/{path}"));
    url
}

fn socket_address(service: &Url) -> Url {
    let mut url = service.clone();
    let scheme = if service.scheme() == "https" {
        "wss"
    } else {
        "ws"
    };
    // Both are schemes of the same kind, which the URL standard lets change.
    let _ = url.set_scheme(scheme);
    url
}

/// An origin as a policy names it.
fn origin_text(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_service_keep_its_folder() {
        let url: Url = "https://example.com/riverline/".parse().unwrap();
        assert_eq!(
            below(&url, "v1/socket").as_str(),
            "https://example.com/riverline/v1/socket"
        );
        let socket = socket_address(&url);
        assert_eq!(origin_text(&socket), "wss://example.com");
    }
}
