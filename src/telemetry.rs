//! The log: one line per event on stderr.
//!
//! Never in it: secrets, tokens, phone numbers, message texts, names from Sugar, URLs of carriers'
//! calls. `RIVERLINE_LOG` chooses what is shown (`info` by default, `riverline=debug,warn` ...).

use std::io::Write as _;

/// Starts the log; a second call changes nothing.
pub fn start() {
    let filter =
        env_logger::Env::new().filter_or("RIVERLINE_LOG", "info,actix_server=warn,async_nats=off");
    let started = env_logger::Builder::from_env(filter)
        .format(|buffer, record| {
            let now = jiff::Timestamp::now();
            writeln!(
                buffer,
                "{now:.3} {:5} riverline: {}",
                record.level(),
                record.args()
            )
        })
        .try_init();
    if started.is_err() {
        log::debug!("the log was started before");
    }
}
