//! Puts the service together: the only place that chooses between real and simulated, and the
//! only one that sees every layer.

mod carriers;
mod texting;

use crate::config::{Config, DatabaseUrl, Limits};
use crate::domain::back_off::BackOff;
use crate::domain::clock::{Clock, Entropy, Timestamp};
use crate::domain::ids::{GatewayId, IdError};
use crate::fanout::{Bounds, BusError, Fanout, Nats};
use crate::flows::consent::ConsentRules;
use crate::flows::prove::ProofRule;
use crate::flows::settings::{self, InForce};
use crate::flows::shared_login::SharedLogin;
use crate::flows::{Ctx, FlowError, NoteTimes, Number, Rules};
use crate::gateways::crm::vault::{InMemory, LoginVault};
use crate::gateways::crm::{Crm, SetupError, Sugar};
use crate::gateways::sms::SmsGateway;
use crate::http::AppState;
use crate::store::settings::Rows;
use crate::store::{self, OnCommit, Sizes, Store, StoreError};
use arc_swap::ArcSwap;
use carriers::Maker;
use secrecy::ExposeSecret as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;

/// Why the service cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sugar's settings.
    #[error(transparent)]
    Sugar(#[from] SetupError),
    /// A short name that cannot be one.
    #[error("the name `{name}` in the configuration cannot be used: {error}")]
    Name {
        /// As written.
        name: String,
        /// Why not.
        error: IdError,
    },
    /// A gateway lacks a setting; `Config::findings` says the same with more words.
    #[error("the gateway `{gateway}` has no {setting}")]
    Gateway {
        /// Its name.
        gateway: String,
        /// What is missing.
        setting: &'static str,
    },
    /// Quiet hours; the configuration's own check says it with more words.
    #[error("sms.quiet: `{0}` is neither off, warn nor defer, nor a time such as 21:00")]
    QuietHours(String),
    /// The default country.
    #[error("default_country: {0}")]
    Country(#[from] crate::domain::phone::PhoneError),
    /// The HTTP client.
    #[error("the HTTP client cannot start: {0}")]
    Http(#[from] reqwest::Error),
    /// The bus between nodes.
    #[error("bus.url cannot be used: {0}")]
    Bus(#[from] BusError),
    /// Reading the first rows.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

/// The operating system's randomness.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            // Tokens without randomness would be worse than no service.
            log::error!("the operating system gives no randomness: {error}");
            std::process::exit(70);
        }
    }
}

/// The service, ready to listen.
pub struct Service {
    /// Shared with every handler.
    pub state: AppState,
    /// Shared with every job.
    pub ctx: Arc<Ctx>,
    /// What it was built from.
    pub config: Config,
}

/// Opens the database alone, for commands that need nothing else.
pub fn open_store(config: &Config) -> Result<Store, StoreError> {
    let nobody: OnCommit = Arc::new(|_| {});
    Store::open(
        &config.database.url,
        sizes(config),
        Arc::new(SystemClock),
        nobody,
    )
}

/// Builds the service from its configuration.
pub async fn build(config: Config) -> Result<Service, BuildError> {
    build_with(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await
}

async fn build_with(
    config: Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Service, BuildError> {
    // The writer starts before the fan-out knows the end of the log it fills the ring from.
    let late: Arc<OnceLock<Arc<Fanout>>> = Arc::new(OnceLock::new());
    let fanout_of_writer = Arc::clone(&late);
    let on_commit: OnCommit = Arc::new(move |rows| {
        if let Some(fanout) = fanout_of_writer.get() {
            fanout.committed(rows);
        }
    });
    let store = Store::open(
        &config.database.url,
        sizes(&config),
        Arc::clone(&clock),
        on_commit,
    )?;
    let maker = Maker::new(&clock, &entropy)?;
    let settings = InForce::compose(&config, &settings::read(&store).await?);
    settings.log();
    settings
        .config
        .findings()
        .iter()
        .for_each(|finding| log::warn!("{finding}"));
    let carriers = maker.build(settings, None)?;
    prepare(&store, &carriers.numbers).await?;
    let (events, bytes) = (config.limits.ring_events, config.limits.ring_bytes);
    let newest = store
        .read(move |conn| Ok::<_, FlowError>(store::log::newest(conn, events, bytes)?))
        .await?;
    let fanout = Fanout::new(newest, bounds(&config), Arc::clone(&clock));
    let _ = late.set(Arc::clone(&fanout));
    let node_id = format!("node-{}", entropy.uuid_v7(clock.now()));
    let vault = vault(&config, &store, &entropy, &node_id);
    let sugar = Sugar::sharing(&config.sugar, Arc::clone(&clock), vault)?;
    let ctx = Arc::new(Ctx {
        store,
        fanout,
        crm: Arc::new(sugar),
        proof_rule: proof_rule(&config),
        current_carriers: ArcSwap::from_pointee(carriers),
        carrier_maker: Arc::new(maker),
        follows_settings: Default::default(),
        config: Arc::new(config.clone()),
        clock,
        entropy,
        rules: rules(&config)?,
        consent: Arc::new(consent(&config)),
        public_address: OnceLock::new(),
        own_address: OnceLock::new(),
        node_id,
        shared_presence: Default::default(),
        proven: Default::default(),
        sign_ins: Default::default(),
        unknown_statuses: Default::default(),
        work: Arc::new(Notify::new()),
    });
    let state = AppState::new(Arc::clone(&ctx), &config);
    Ok(Service { state, ctx, config })
}

/// Sugar for a command beside the running service, with its login if that is kept for others.
pub fn crm_beside_service(config: &Config) -> Result<Arc<dyn Crm>, BuildError> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let vault = match &config.secrets.key {
        Some(_) => {
            let name = format!("command-{}", entropy.uuid_v7(SystemClock.now()));
            vault(config, &open_store(config)?, &entropy, &name)
        }
        None => {
            log::warn!(
                "this signs in to Sugar anew, and a service that runs beside it has to do so after \
                 that: with secrets.key they share one login"
            );
            Arc::new(InMemory::default())
        }
    };
    let sugar = Sugar::sharing(&config.sugar, Arc::new(SystemClock), vault)?;
    Ok(Arc::new(sugar))
}

/// The settings with what admins set through the API, for commands beside the service; without
/// that when there is no database yet.
pub async fn settings(config: &Config) -> Result<InForce, BuildError> {
    let rows = match &config.database.url {
        DatabaseUrl::Sqlite(file) if !file.exists() => Rows::default(),
        _ => settings::read(&open_store(config)?).await?,
    };
    Ok(InForce::compose(config, &rows))
}

/// The accounts at carriers alone, for commands, in the order of the settings.
pub fn gateways(settings: InForce) -> Result<Vec<Arc<dyn SmsGateway>>, BuildError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let carriers = Maker::new(&clock, &entropy)?.build(settings, None)?;
    let mut by_id = carriers.by_id;
    let in_order = carriers.settings.config.gateways.iter();
    let in_order =
        in_order.filter_map(|gateway| by_id.remove(&GatewayId::parse(gateway.id()).ok()?));
    Ok(in_order.collect())
}

/// Connects to the other nodes, if there is a bus; until it answers this node serves alone.
pub async fn join_nodes(ctx: &Arc<Ctx>, config: &Config) -> Result<(), BuildError> {
    if let Some(url) = &config.bus.url {
        let (url, prefix) = (url.expose_secret(), &config.bus.subject);
        let nats = Nats::start(url, prefix, &ctx.fanout).await?;
        ctx.fanout.connect(Box::new(nats));
    }
    Ok(())
}

/// Where the service's login at Sugar is kept: in the database, for all nodes and the next start,
/// once there is a key to seal it with.
fn vault(
    config: &Config,
    store: &Store,
    entropy: &Arc<dyn Entropy>,
    node_id: &str,
) -> Arc<dyn LoginVault> {
    let Some(key) = &config.secrets.key else {
        return Arc::new(InMemory::default());
    };
    let (store, key, entropy) = (store.clone(), key.clone(), Arc::clone(entropy));
    let shared = SharedLogin::new(store, key, entropy, &config.sugar, node_id);
    Arc::new(shared)
}

/// Copies the numbers into the database and frees what a killed process held.
async fn prepare(store: &Store, numbers: &[Number]) -> Result<(), FlowError> {
    let (numbers, shared) = (numbers.to_vec(), store.is_shared());
    store
        .write(move |tx| -> Result<(), FlowError> {
            for number in &numbers {
                store::numbers::save(tx.conn()?, &number.own, &number.gateway)?;
            }
            if !shared {
                // The only process: every lease in its database is a dead one's.
                store::outbox::release_leases(tx.conn()?)?;
                store::shared_login::end_leases(tx.conn()?)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

fn sizes(config: &Config) -> Sizes {
    Sizes {
        readers: config.database.readers,
        write_queue: config.limits.write_queue,
        write_batch: config.limits.write_batch,
        commit_gap: Duration::from_millis(config.database.commit_gap_ms),
    }
}

/// A login, the call, a refresh, another login, the call again: what one call may come to.
const CALLS_IN_ONE: u64 = 5;

fn milliseconds(seconds: u64) -> i64 {
    signed(seconds.saturating_mul(1_000))
}

fn signed(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

fn bounds(config: &Config) -> Bounds {
    let Limits {
        queue_events,
        queue_bytes,
        panels_per_member,
        ring_events,
        ring_bytes,
        ..
    } = config.limits;
    let gone_after_ms = milliseconds(config.presence.gone_after_s);
    Bounds {
        queue_events,
        queue_bytes,
        panels_per_member,
        ring_events,
        ring_bytes,
        gone_after_ms,
    }
}

fn proof_rule(config: &Config) -> ProofRule {
    match config.sugar.key_of_assertions() {
        Some(key) => ProofRule::Assertion(key.clone()),
        None => ProofRule::Token,
    }
}

fn consent(config: &Config) -> ConsentRules {
    let sms = &config.sms;
    ConsentRules {
        stop_words: sms.stop_words.clone(),
        stop_reply: sms.stop_reply.clone(),
        start_reply: sms.start_reply.clone(),
        help_reply: sms.help_reply.clone(),
    }
}

fn rules(config: &Config) -> Result<Rules, BuildError> {
    Ok(Rules {
        country: config.default_country.parse()?,
        idle_close_ms: milliseconds(config.sms.idle_close_s),
        reopen_ms: milliseconds(config.sms.reopen_s),
        token_ttl_ms: milliseconds(config.limits.token_ttl_s),
        users_ms: milliseconds(config.sugar.users_s),
        chat_chars: config.limits.chat_chars,
        look_up_ms: milliseconds(config.sms.look_up_s),
        marks_records: config.sugar.write_do_not_text,
        picture_bytes: config.sms.picture_bytes,
        back_off: BackOff {
            first_ms: signed(config.jobs.retry_first_ms),
            longest_ms: signed(config.jobs.retry_longest_ms),
            give_up_ms: milliseconds(config.jobs.give_up_s),
        },
        notes: NoteTimes {
            call_ms: milliseconds(config.sugar.timeout_s * CALLS_IN_ONE),
            settle_ms: milliseconds(config.sugar.settle_s),
            check_ms: milliseconds(config.sugar.check_note_s),
        },
        parts_wait_ms: milliseconds(config.sms.parts_wait_s),
    })
}

#[cfg(test)]
mod late_answer_tests;
#[cfg(test)]
mod quiet_tests;
#[cfg(test)]
mod tests;
