//! The configuration: one TOML file, `RIVERLINE_*` variables over it, `--set` flags over those.
//!
//! Every setting is one line below: its words, its default, its range. What a person reads
//! (`riverline check --print-defaults`) and what the service reads come from that line.
//! In the environment `sugar.timeout_s` is `RIVERLINE_SUGAR__TIMEOUT_S`. Every secret `x` may be
//! given as `x_file`, the path of a file that holds it.

mod carriers;
mod check;
mod finding;
mod gateway;
mod print;
mod setting;
mod source;
mod stored;
mod texting;
mod tree;
mod value;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use reqwest::Url;
use secrecy::SecretString;

use crate::domain::sealing::SealingKey;

pub use finding::{ConfigError, Finding, Severity};
pub use gateway::{
    Gateway, KannelGateway, SimulatorGateway, TelnyxGateway, TwilioGateway, VonageGateway,
};
pub use stored::{Settings, Shown};
pub use value::{DatabaseUrl, OptOutReplies, PostgresUrl};

use finding::Problems;
use setting::{Setting, settings};
use tree::Entry;

settings! {
    /// Riverline's whole configuration.
    pub struct Config {
        /// The address that browsers, integrators and carriers use, as they see it: http or https.
        /// When it is not set, the address that the service listens on, if only this machine reaches that.
        public_url: Option<Url> = None,
        /// The country whose numbers need no prefix, as in ISO 3166.
        default_country: String = "US".to_owned(),
        /// Where the service listens.
        listen: Listen = Listen::default(),
        /// Where messages are kept.
        database: Database = Database::default(),
        /// How several nodes on one PostgreSQL tell each other at once what is new.
        bus: Bus = Bus::default(),
        /// The Sugar instance, and the Sugar user that the service itself is.
        sugar: Sugar = Sugar::default(),
        /// What the service keeps sealed in its database.
        secrets: Secrets = Secrets::default(),
        /// Text messages.
        sms: Sms = Sms::default(),
        /// Work that is done in the background and tried again when it fails.
        jobs: Jobs = Jobs::default(),
        /// Who is here.
        presence: Presence = Presence::default(),
        /// What one browser, one member or everybody together may ask of the service.
        limits: Limits = Limits::default(),
        /// Accounts at carriers. More can be set through the API while the service runs.
        gateways: Vec<Gateway> = Vec::new(),
        /// Phone numbers of yours. More can be set through the API while the service runs.
        numbers: Vec<Number> = Vec::new(),
    }
}

settings! {
    /// Where the service listens.
    pub struct Listen {
        /// For panels, integrators and carriers; put a proxy that speaks TLS in front of it.
        public: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        /// A proxy in front is the only way in and appends the client's address to
        /// `X-Forwarded-For`; wrong tokens then count against that address, not the proxy's.
        behind_proxy: bool = false,
        /// For readiness, metrics and the simulator: no sign-in, so never open it to others.
        internal: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
    }
}

settings! {
    /// Where messages are kept.
    pub struct Database {
        /// `sqlite://<path>`: a file, made at the first start; one node. Or
        /// `postgres://user:password@host/database`: a server; one node or several.
        url: DatabaseUrl = DatabaseUrl::Sqlite("riverline.db".into()),
        /// Connections that read while the one writer writes.
        readers: usize = 4; 1..=64,
        /// Under load commits begin this far apart, so that more messages share one; 0 for at once.
        commit_gap_ms: u64 = 1; 0..=100,
    }
}

settings! {
    /// How several nodes on one PostgreSQL tell each other at once what is new.
    pub struct Bus {
        /// A NATS server, `nats://[user:password@]host[:port]` or `tls://..`; not set: one node.
        /// Nothing is lost while it is away, other nodes' messages only come up to 2 s late.
        url: Option<SecretString> = None,
        /// The first part of its subjects; another one for each Riverline on the same server.
        subject: String = "riverline".to_owned(),
    }
}

settings! {
    /// The Sugar instance, and the Sugar user that the service itself is.
    pub struct Sugar {
        /// Its address without a path, for example `https://crm.example.com`. Needed.
        url: Option<Url> = None,
        /// Allow http to another machine. Passwords and tokens then travel readable.
        allow_http: bool = false,
        /// The REST version to ask for. Sugar 7.10 brought v11, every later Sugar still serves it,
        /// and the service needs nothing newer.
        rest_version: String = "v11".to_owned(),
        /// A Sugar user of the service's own, who sees all records. Nobody else signs in as this user.
        username: Option<String> = None,
        /// The password of that user; `password_file` names a file that holds it.
        password: Option<SecretString> = None,
        /// The OAuth key to use; `sugar` is built into every Sugar.
        client_id: String = "sugar".to_owned(),
        /// The secret of that key; the built-in key has none.
        client_secret: SecretString = SecretString::default(),
        /// The API platform that our package registers: one login of a user per platform.
        platform: String = "riverline".to_owned(),
        /// The pages that may talk to the service, each exactly as `https://host[:port]`. When
        /// empty, the origin of `url`; list more when people open Sugar under other names.
        origins: Vec<String> = Vec::new(),
        /// What a panel shows to prove its user: `token`, his Sugar token, or `assertion`, what Sugar
        /// itself asserts about him. The latter is for a Sugar that binds tokens to an address
        /// ("Validate user IP address") or must not show them to a second host.
        sign_in: String = "token".to_owned(),
        /// The key that assertions are signed with; `riverline assertion-key` makes one. The same
        /// key goes into Sugar, on Riverline's page under Administration.
        assertion_key: Option<SecretString> = None,
        /// How long one answer of Sugar may take.
        timeout_s: u64 = 20; 1..=300,
        /// Sugar may store a Note this long after its answer was lost. Only then is looked whether
        /// it did, and a Note that is not there written again.
        settle_s: u64 = 180; 0..=86_400,
        /// A saved Note is looked at once more after this time, and a second one that came late deleted.
        check_note_s: u64 = 600; 0..=86_400,
        /// Changes of Sugar's users are looked for this often: so long a user who was deactivated
        /// may still be signed in.
        users_s: u64 = 30; 1..=3_600,
        /// The checkbox of Contacts, Leads and Targets that forbids texts to a record; empty for
        /// none. Read with the record: when somebody opens its conversation or links it, and for
        /// open conversations when a browser renews its sign-in.
        do_not_text_field: String = "do_not_call".to_owned(),
        /// Tick that checkbox on the record of somebody who texts STOP. A later START does not
        /// clear it: people do, in Sugar.
        write_do_not_text: bool = false,
    }
}

settings! {
    /// What the service keeps sealed in its database.
    pub struct Secrets {
        /// The key that seals it: a line that `riverline secrets new-key` prints, the same for all
        /// nodes; `key_file` names a file that holds it. Needed with `bus.url`: the nodes share
        /// one login at Sugar, which lies in the database. With one node, it outlives a restart.
        /// Needed too for gateways that admins set through the API.
        key: Option<SealingKey> = None,
    }
}

settings! {
    /// Text messages.
    pub struct Sms {
        /// A session without a text for this long closes.
        idle_close_s: u64 = 14_400; 60..=2_592_000,
        /// A text within this time after the close opens the session again.
        reopen_s: u64 = 600; 0..=86_400,
        /// How long a carrier may try to deliver a text before it gives up.
        validity_s: u64 = 14_400; 60..=36_000,
        /// How often the lists of carriers that have one are read for texts that they did not
        /// tell, and for what became of those of yours.
        catch_up_s: u64 = 600; 1..=86_400,
        /// A text whose outcome is unknown is looked for in its carrier's list, where there is one.
        /// What is not there after this long was not taken, and counts as failed.
        look_up_s: u64 = 120; 1..=3_600,
        /// The largest picture of a text that is fetched and kept, in bytes.
        picture_bytes: usize = 5_242_880; 0..=33_554_432,
        /// How long the first parts of a long text wait for the others, where the carrier does
        /// not join them; then what is there is shown.
        parts_wait_s: u64 = 600; 1..=86_400,
        /// The countries that may be texted, as in ISO 3166; `*` for all. When empty, those of
        /// your numbers and `default_country`.
        countries: Vec<String> = Vec::new(),
        /// Replace curly quotes, dashes and the like by plain ones where that halves the price.
        smart_encoding: bool = false,
        /// Words that mean STOP beside the usual ones, for example in your language.
        stop_words: Vec<String> = Vec::new(),
        /// What a STOP is answered with; empty for nothing. `{number}` becomes the number's label.
        stop_reply: String = "{number}: you get no more texts from us. Reply START to get them again.".to_owned(),
        /// What a START is answered with.
        start_reply: String = "{number}: you get our texts again. Reply STOP to end them.".to_owned(),
        /// What a HELP is answered with.
        help_reply: String = "{number}: reply STOP to get no more texts from us.".to_owned(),
        /// What happens to texts in quiet hours, unless the other side has just written: `off`,
        /// `warn` (the sender is told and decides) or `defer` (they go out when those end).
        quiet: String = "off".to_owned(),
        /// Quiet hours begin, by the clock where the other side's number belongs.
        quiet_from: String = "21:00".to_owned(),
        /// Quiet hours end.
        quiet_to: String = "08:00".to_owned(),
        /// How much may be sent, against fraud and runaway programs.
        caps: Caps = Caps::default(),
    }
}

settings! {
    /// How much may be sent, against fraud and runaway programs; counted in parts.
    pub struct Caps {
        /// By one member or key in an hour.
        sender_hour: u32 = 300; 1..=1_000_000_000,
        /// By one member or key in a day.
        sender_day: u32 = 2_000; 1..=1_000_000_000,
        /// From one number of yours in an hour.
        number_hour: u32 = 3_000; 1..=1_000_000_000,
        /// From one number of yours in a day.
        number_day: u32 = 20_000; 1..=1_000_000_000,
        /// To one number in an hour.
        peer_hour: u32 = 120; 1..=1_000_000_000,
        /// To one number in a day.
        peer_day: u32 = 500; 1..=1_000_000_000,
        /// To all numbers that begin with the same seven digits in an hour.
        prefix_hour: u32 = 300; 1..=1_000_000_000,
        /// To all numbers that begin with the same seven digits in a day.
        prefix_day: u32 = 1_000; 1..=1_000_000_000,
        /// By everybody together in a day.
        day: u32 = 20_000; 1..=1_000_000_000,
    }
}

settings! {
    /// Work that is done in the background and tried again when it fails.
    pub struct Jobs {
        /// The longest pause after the first failure; it doubles with each further one.
        retry_first_ms: u64 = 1_000; 10..=3_600_000,
        /// The longest pause of all.
        retry_longest_ms: u64 = 300_000; 10..=86_400_000,
        /// Work that failed for so long is set aside, where an admin sees it and can release it.
        give_up_s: u64 = 604_800; 1..=31_536_000,
    }
}

settings! {
    /// Who is here.
    pub struct Presence {
        /// A member counts as gone this long after the last tab went.
        gone_after_s: u64 = 20; 0..=3_600,
        /// Changes of presence are gathered this long and told together.
        gather_ms: u64 = 300; 0..=10_000,
    }
}

settings! {
    /// What one browser, one member or everybody together may ask of the service.
    pub struct Limits {
        /// The largest frame of a panel.
        frame_bytes: usize = 8_192; 1_024..=1_048_576,
        /// The largest frame before the panel said who it is.
        hello_frame_bytes: usize = 4_096; 512..=1_048_576,
        /// Panels (tabs) of one member at once.
        panels_per_member: usize = 30; 1..=1_000,
        /// Sockets that have not said who they are, all together.
        open_handshakes: usize = 2_000; 1..=1_000_000,
        /// A socket must say who it is within this time.
        hello_timeout_s: u64 = 5; 1..=60,
        /// How often the service pings a panel.
        ping_s: u64 = 25; 1..=600,
        /// A panel that is silent for this long is cut off.
        silence_s: u64 = 60; 2..=3_600,
        /// Events that wait for one panel; more, and it must resume.
        queue_events: usize = 256; 1..=100_000,
        /// Bytes that wait for one panel; more, and it must resume.
        queue_bytes: usize = 262_144; 8_192..=67_108_864,
        /// How long sending one frame to a panel may take.
        send_timeout_s: u64 = 5; 1..=60,
        /// Bytes that the operating system keeps for one panel that does not read; it doubles
        /// them for its own needs.
        socket_send_bytes: usize = 65_536; 4_096..=16_777_216,
        /// A connection that takes nothing of what was sent for this long is cut off.
        untaken_s: u64 = 8; 1..=3_600,
        /// Frames of one panel in ten seconds, of any kind; fragments and pings count.
        frames_per_10s: usize = 200; 10..=100_000,
        /// Characters of one chat message.
        chat_chars: usize = 4_000; 1..=100_000,
        /// The largest body of a REST call.
        body_bytes: usize = 65_536; 1_024..=16_777_216,
        /// Events kept in memory for panels that come back.
        ring_events: usize = 100_000; 1..=10_000_000,
        /// Bytes kept in memory for panels that come back.
        ring_bytes: usize = 67_108_864; 65_536..=8_589_934_592,
        /// Writes that may wait for the database; more are told to come back later.
        write_queue: usize = 4_096; 1..=1_000_000,
        /// Writes that share one commit.
        write_batch: usize = 128; 1..=10_000,
        /// How long a panel's token is valid.
        token_ttl_s: u64 = 3_600; 60..=86_400,
        /// Wrong tokens from one address in a minute.
        failed_tokens_per_minute: usize = 30; 1..=100_000,
    }
}

settings! {
    /// A phone number of yours.
    pub struct Number {
        /// Your short name for it, for example `main`. Needed, and never changed later.
        id: String = String::new(),
        /// The number with + and country code, for example `+14155550100`. Needed.
        number: String = String::new(),
        /// The `id` of the gateway that it is at. Needed.
        gateway: String = String::new(),
        /// What members see.
        label: String = String::new(),
        /// Ids of the Sugar users who may use it; when not set, everybody.
        members: Option<Vec<String>> = None,
        /// How many parts its carrier takes in a minute; 0 for as many as there are.
        parts_per_minute: u32 = 0; 0..=6_000_000,
    }
}

impl Sugar {
    /// The key of assertions, when those are taken; the checks see to it that there is one then.
    pub fn key_of_assertions(&self) -> Option<&SecretString> {
        let key = self.assertion_key.as_ref();
        key.filter(|_| self.sign_in == "assertion")
    }
}

impl Config {
    /// Reads file, environment and flags, each over the one before.
    ///
    /// Fails with everything that is wrong in what was written. What is missing to serve is a
    /// matter of [`Config::findings`], so that commands that need less still run.
    pub fn load(
        path: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        sets: &[String],
    ) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let file = match path {
            Some(path) => source::from_file(path, &mut problems),
            None => Some(Entry::empty()),
        };
        let shape = Self::shape();
        let variables = source::from_environment(env, &shape, &mut problems);
        let flags = source::from_flags(sets, &shape, &mut problems);
        Self::assemble(file.into_iter().chain([variables, flags]), problems)
    }

    /// Merges the sources, reads the settings and compares them with each other.
    fn assemble(
        sources: impl Iterator<Item = Entry>,
        mut problems: Problems,
    ) -> Result<Self, ConfigError> {
        let shape = Self::shape();
        let mut tree = Entry::empty();
        for mut source in sources {
            source::resolve_secret_files(&mut source, &shape, &mut problems);
            tree.merge(source);
        }
        let config = Self::read(&tree, &mut problems).unwrap_or_default();
        problems.into_result()?;
        let mut problems = Problems::default();
        for mut finding in check::contradictions(&config) {
            if let Some(entry) = tree.nearest(&finding.at) {
                finding.at = format!("{}, {}", entry.origin, finding.at);
            }
            problems.add(finding);
        }
        problems.into_result()?;
        Ok(config)
    }

    /// What an admin should know about this configuration, errors first.
    ///
    /// With an error among them the service cannot serve.
    pub fn findings(&self) -> Vec<Finding> {
        check::findings(self)
    }

    /// The documented configuration file: every setting with its words and its default.
    pub fn documented() -> String {
        print::documented(&Self::shape())
    }

    /// The address that others use for this service, without a slash at its end.
    ///
    /// `bound` is where the public listener really listens.
    pub fn public_address(&self, bound: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{bound}"),
        }
    }

    /// The origins whose pages may talk to the service.
    pub fn allowed_origins(&self) -> Vec<String> {
        if !self.sugar.origins.is_empty() {
            return self.sugar.origins.clone();
        }
        let origin = |url: &Url| url.origin().ascii_serialization();
        self.sugar.url.iter().map(origin).collect()
    }
}

#[cfg(test)]
mod tests;
