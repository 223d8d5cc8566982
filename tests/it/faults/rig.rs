//! The rig's own tests: the faults that it causes really are some.

use crate::support::PATIENCE;
use crate::support::nats::Nats;
use crate::support::postgres::{Postgres, Stop};
use crate::support::proxy::Proxy;
use diesel::RunQueryDsl as _;
use futures_util::StreamExt as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const COUNT: &str = "SELECT count(*) AS number FROM kept";

#[test]
fn a_cluster_keeps_what_it_committed_over_a_crash() {
    let postgres = Postgres::own();
    let url = postgres.database();
    postgres.run(
        &url,
        "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)",
    );
    postgres.restart(Stop::Immediate);
    assert!(postgres.log().contains("not properly shut down"));
    assert_eq!(postgres.number(&url, COUNT), 1);
    let setting = "SELECT count(*) AS number FROM pg_settings WHERE setting = 'on' AND \
                   name IN ('fsync', 'synchronous_commit', 'full_page_writes')";
    assert_eq!(postgres.number(&url, setting), 3);
}

#[test]
fn databases_of_the_shared_cluster_are_apart_and_connections_can_be_cut() {
    let postgres = Postgres::shared();
    let (one, other) = (postgres.database(), postgres.database());
    postgres.run(&one, "CREATE TABLE kept (id int)");
    postgres.run(
        &other,
        "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)",
    );
    assert_eq!(postgres.number(&one, COUNT), 0);
    assert_eq!(postgres.number(&other, COUNT), 1);
    let mut idle = postgres.connect(&one);
    // A connection that was just closed may still be in the list.
    assert!(postgres.cut_connections(&one) >= 1);
    let dead = diesel::sql_query(COUNT).execute(&mut idle);
    assert!(dead.is_err());
}

/// A server that sends back what it gets.
async fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = socket.into_split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn answers(socket: &mut TcpStream) -> bool {
    let mut byte = [0];
    socket.write_all(b"x").await.is_ok() && socket.read_exact(&mut byte).await.is_ok()
}

#[tokio::test]
async fn a_wire_is_held_cut_and_healed() {
    let proxy = Proxy::to(echo().await).await;
    let mut socket = TcpStream::connect(proxy.address).await.unwrap();
    assert!(answers(&mut socket).await);
    proxy.hold();
    socket.write_all(b"held").await.unwrap();
    let mut other = TcpStream::connect(proxy.address).await.unwrap();
    other.write_all(b"x").await.unwrap();
    // Through another wire the server answers; through the held one nothing has come meanwhile.
    let free = Proxy::to(echo().await).await;
    assert!(answers(&mut TcpStream::connect(free.address).await.unwrap()).await);
    assert_eq!(
        socket.try_read(&mut [0; 4]).unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
    proxy.open();
    let mut held = [0; 4];
    socket.read_exact(&mut held).await.unwrap();
    assert_eq!(&held, b"held");
    proxy.drop_connections();
    assert!(!answers(&mut socket).await);
    assert!(answers(&mut TcpStream::connect(proxy.address).await.unwrap()).await);
    proxy.cut();
    assert!(!answers(&mut TcpStream::connect(proxy.address).await.unwrap()).await);
    proxy.open();
    assert!(answers(&mut TcpStream::connect(proxy.address).await.unwrap()).await);
}

#[tokio::test]
async fn a_bus_is_killed_and_comes_back_on_its_port() {
    let all = tokio::time::timeout(2 * PATIENCE, kill_and_start_a_bus());
    all.await.expect("the bus hangs");
}

async fn kill_and_start_a_bus() {
    let mut nats = Nats::start();
    let proxy = Proxy::to(nats.address).await;
    let here = async_nats::connect(nats.url()).await.unwrap();
    let through = format!("nats://{}", proxy.address);
    let there = async_nats::connect(through).await.unwrap();
    let mut heard = there.subscribe("subject").await.unwrap();
    there.flush().await.unwrap();
    say_until_heard(&here, &mut heard, "before").await;
    nats.kill();
    nats.start_again();
    // Both ends come back by themselves, whenever they like.
    say_until_heard(&here, &mut heard, "after").await;
}

/// Nothing tells when a subscription has reached the server: it is said until it was heard.
async fn say_until_heard(
    here: &async_nats::Client,
    heard: &mut async_nats::Subscriber,
    word: &'static str,
) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        here.publish("subject", word.into()).await.unwrap();
        let next = tokio::time::timeout(Duration::from_millis(20), heard.next());
        match next.await {
            Ok(message) if message.as_ref().unwrap().payload == word => return,
            Ok(_) => {}
            Err(_) => assert!(tokio::time::Instant::now() < deadline, "never heard"),
        }
    }
}
