//! Pictures at a carrier: their address is in its call, and so is not trusted. They come from the
//! carrier's own hosts only, and may send us on once, to another of those.

use super::exchange::{Answer, NoAnswer, exchange_within};
use crate::domain::picture::PictureProblem;
use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, Url};

/// Where a carrier has its pictures.
pub(super) struct Hosts<'h> {
    /// The API's address.
    pub(super) base: &'h Url,
    /// Hosts beside it; `.` before a name stands for all names below it.
    pub(super) others: &'static [&'static str],
}

impl Hosts<'_> {
    /// An address that the carrier named, if it may be asked.
    pub(super) fn allowed(&self, address: &str) -> Result<Url, PictureProblem> {
        let url = Url::parse(address).ok().filter(|url| self.allow(url));
        url.ok_or(PictureProblem::Elsewhere)
    }

    fn allow(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let host = url.host_str().unwrap_or_default();
        let is_at = |allowed: &&str| match allowed.starts_with('.') {
            true => host.ends_with(allowed),
            false => host == *allowed,
        };
        let is_listed = self.others.iter().any(is_at);
        url.origin() == self.base.origin()
            || is_listed && url.port().is_none() && url.scheme() == "https"
            || self.is_beside_stand_in(url)
    }

    /// A carrier on this machine, in tests, has its files on this machine.
    fn is_beside_stand_in(&self, url: &Url) -> bool {
        is_loopback(self.base) && is_loopback(url)
    }

    /// The bytes of a picture: the answer to the first request, which may carry the account's
    /// sign-in, or what is where that one sends us on to.
    pub(super) async fn fetch(
        &self,
        http: &Client,
        first: RequestBuilder,
        url: &Url,
        max_bytes: usize,
    ) -> Result<Vec<u8>, PictureProblem> {
        let answer = ask(first, max_bytes).await?;
        let answer = match answer.status {
            301 | 302 | 303 | 307 | 308 => {
                let target = target(&answer, url).filter(|target| self.allow(target));
                // A request of its own: no header of the first one goes along.
                ask(
                    http.get(target.ok_or(PictureProblem::Elsewhere)?),
                    max_bytes,
                )
                .await?
            }
            _ => answer,
        };
        match answer.status {
            200 => Ok(answer.body),
            404 | 410 => Err(PictureProblem::Gone),
            _ => Err(PictureProblem::NotGiven),
        }
    }
}

async fn ask(request: RequestBuilder, max_bytes: usize) -> Result<Answer, PictureProblem> {
    let answer = exchange_within(request, max_bytes).await;
    answer.map_err(|no_answer| match no_answer {
        NoAnswer::TooLong => PictureProblem::TooBig,
        NoAnswer::NotSent | NoAnswer::Lost(_) => PictureProblem::NotGiven,
    })
}

fn target(answer: &Answer, from: &Url) -> Option<Url> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_carriers_hosts_are_asked() {
        let base = Url::parse("https://api.example").unwrap();
        let hosts = Hosts {
            base: &base,
            others: &[".files.example", "one.example"],
        };
        for allowed in [
            "https://api.example/x",
            "https://a.files.example/x?y=1",
            "https://one.example/x",
        ] {
            assert!(hosts.allowed(allowed).is_ok(), "{allowed}");
        }
        for refused in [
            "http://a.files.example/x",
            "https://files.example/x",
            "https://a.files.example:8443/x",
            "https://a.files.example@127.0.0.1/x",
            "https://me@one.example/x",
            "https://a.one.example/x",
            "https://api.example:444/x",
            "https://127.0.0.1/x",
            "http://169.254.169.254/latest",
            "data:image/png;base64,AAAA",
            "file:///etc/passwd",
            "//one.example/x",
            "",
        ] {
            assert_eq!(
                hosts.allowed(refused),
                Err(PictureProblem::Elsewhere),
                "{refused}"
            );
        }
    }
}
