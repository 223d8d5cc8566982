//! Listens, and stops without losing anything: sockets first, then requests, then jobs.

use crate::app::{self, BuildError};
use crate::config::{Config, Limits};
use crate::flows::node;
use crate::http;
use crate::jobs::{self, Intervals};
use actix_cors::Cors;
use actix_web::http::{Method, header};
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpServer, web};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long sockets, requests and jobs may take to end, all together.
const DRAIN_S: u64 = 10;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4_096;
/// Panels come back spread over this time.
const RETURN_SPREAD_MS: u32 = 10_000;

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It cannot be put together.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}. Is the service running already?")]
    Listen {
        /// From the configuration.
        address: SocketAddr,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The server itself failed.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves until `stop` is cancelled.
pub async fn serve(config: Config, stop: CancellationToken) -> Result<(), ServeError> {
    let app::Service { state, ctx, config } = app::build(config).await?;
    app::join_nodes(&ctx, &config).await?;
    let state = web::Data::new(state);
    let of_public = state.clone();
    let public_app = move || {
        App::new()
            .app_data(of_public.clone())
            .configure(http::readers(&of_public.limits))
            .configure(http::public_routes)
            .wrap(cors(&of_public.origins))
            .wrap(hardening())
    };
    let of_internal = state.clone();
    let internal_app = move || {
        App::new()
            .app_data(of_internal.clone())
            .configure(http::readers(&of_internal.limits))
            .configure(http::internal_routes)
            .wrap(hardening())
    };
    let public = HttpServer::new(public_app)
        .disable_signals()
        .shutdown_timeout(DRAIN_S)
        // A larger buffer would stay with every socket that once filled it.
        .h1_write_buffer_size(http::ws::PIECE)
        .listen(listener(config.listen.public, &config.limits)?)?;
    let internal = HttpServer::new(internal_app)
        .disable_signals()
        .workers(1)
        .shutdown_timeout(1)
        .listen(listener(config.listen.internal, &config.limits)?)?;
    let public_address = public
        .addrs()
        .first()
        .copied()
        .unwrap_or(config.listen.public);
    let internal_address = internal
        .addrs()
        .first()
        .copied()
        .unwrap_or(config.listen.internal);
    // Set once: a second listener would be a second service.
    let _ = ctx
        .public_address
        .set(config.public_address(public_address));
    let _ = ctx.own_address.set(format!("http://{public_address}"));
    ctx.carriers().call_back_to(&ctx);
    let tasks = jobs::start(&ctx, intervals(&config), &stop);
    let (public, internal) = (public.run(), internal.run());
    let (public_handle, internal_handle) = (public.handle(), internal.handle());
    let public = tokio::spawn(public);
    let internal = tokio::spawn(internal);
    log::info!("public listener on http://{public_address}");
    log::info!("internal listener on http://{internal_address}");
    stop.cancelled().await;
    log::info!("stopping: panels come back to the next start");
    let latest = Instant::now() + Duration::from_secs(DRAIN_S);
    public_handle.pause().await;
    ctx.fanout.stop(RETURN_SPREAD_MS);
    public_handle.stop(true).await;
    internal_handle.stop(false).await;
    if tokio::time::timeout_at(latest, tasks.wait()).await.is_err() {
        log::warn!("some jobs did not end in time; they are taken up again after the start");
    }
    if ctx.store.is_shared()
        && let Err(error) = node::leave(&ctx).await
    {
        log::warn!("the other nodes take this one for dead soon: {error}");
    }
    public.await.map_err(std::io::Error::other)??;
    internal.await.map_err(std::io::Error::other)??;
    Ok(())
}

/// A listening socket whose connections cost the kernel a bounded amount.
///
/// Accepted sockets inherit the size of the send buffer and the time after which what nobody
/// takes is given up (Linux: tcp(7), TCP_USER_TIMEOUT).
fn listener(address: SocketAddr, limits: &Limits) -> Result<TcpListener, ServeError> {
    let listen = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.set_send_buffer_size(limits.socket_send_bytes)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(Duration::from_secs(limits.untaken_s)))?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    listen().map_err(|error| ServeError::Listen { address, error })
}

fn intervals(config: &Config) -> Intervals {
    Intervals {
        presence_ms: config.presence.gather_ms,
        idle_ms: (config.sms.idle_close_s * 250).clamp(1_000, 60_000),
        catch_up_ms: config.sms.catch_up_s.saturating_mul(1_000),
        members_ms: config.sugar.users_s * 1_000,
    }
}

/// Exactly the configured Sugar origins; no credentials, no cookies anywhere.
fn cors(origins: &[String]) -> Cors {
    let allowed = ["Idempotency-Key", "If-Match", "Sugar-Token"];
    let mut cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .allowed_headers(allowed)
        .expose_headers([header::RETRY_AFTER])
        .max_age(3_600);
    for origin in origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}

fn hardening() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
}
