//! Three nodes on one database and one bus: nodes are killed, the bus goes away, wires are cut
//! (promise 9, reliability T11 and T12).

use super::dice::Dice;
use super::load::Load;
use super::scene::{SETS, Scene, a_moment, ms};
use super::truth;
use crate::support::nats::Nats;
use crate::support::postgres::Postgres;
use crate::support::proxy::Proxy;
use crate::support::service::Setup;
use crate::support::{Service, Sugar, eventually};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

/// How often each fault comes in the short form; `RL_NODE_KILLS`, `RL_BUS_OUTAGES` and
/// `RL_PARTITIONS` say otherwise.
const FAULTS: [(Fault, &str, usize); 3] = [
    (Fault::NodeKill, "RL_NODE_KILLS", 2),
    (Fault::BusOutage, "RL_BUS_OUTAGES", 1),
    (Fault::Partition, "RL_PARTITIONS", 2),
];

/// Messages acknowledged before a fault, and during it.
const BETWEEN: usize = 60;

/// Nodes beside one Sugar, each with a wire of its own to the bus.
pub struct Nodes {
    /// The nodes.
    pub services: Vec<Service>,
    /// The wire of each node to the bus.
    pub wires: Vec<Proxy>,
    /// The bus.
    pub bus: Nats,
    /// Their database.
    pub database_url: String,
}

impl Nodes {
    /// Starts them, one after the other.
    pub async fn start(count: usize) -> Self {
        let (database_url, bus) = block_in_place(|| (Postgres::shared().database(), Nats::start()));
        let sugar = Arc::new(Sugar::start().await);
        let mut nodes = Self {
            services: Vec::new(),
            wires: Vec::new(),
            bus,
            database_url,
        };
        for _ in 0..count {
            nodes.join(&sugar, &[]).await;
        }
        nodes
    }

    /// Starts one node more.
    pub async fn join(&mut self, sugar: &Arc<Sugar>, sets: &[&str]) {
        let wire = Proxy::to(self.bus.address).await;
        let sets: Vec<&str> = SETS.iter().chain(sets).copied().collect();
        let setup = Setup {
            sugar: Some(Arc::clone(sugar)),
            database_url: Some(self.database_url.clone()),
            bus_url: Some(format!("nats://{}", wire.address)),
            sets: &sets,
            ..Setup::default()
        };
        self.services.push(setup.start().await);
        self.wires.push(wire);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NodeKill,
    BusOutage,
    Partition,
}

/// The faults to come, in an order that chance decides.
fn shuffled(dice: &mut Dice) -> Vec<Fault> {
    let sized = FAULTS.iter().flat_map(|(fault, variable, size)| {
        let times = super::from_env(variable).unwrap_or(*size);
        std::iter::repeat_n(*fault, times)
    });
    let mut faults: Vec<Fault> = sized.collect();
    for last in (1..faults.len()).rev() {
        faults.swap(last, dice.below(last + 1));
    }
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_gets_every_message_over_faults_of_nodes_and_bus() {
    let (mut dice, seed) = Dice::thrown("faults of nodes");
    let mut nodes = Nodes::start(3).await;
    let scene = Scene::set(&nodes.services[0]).await;
    let doors = nodes.services.iter().map(|node| node.url.clone()).collect();
    let load = Load::start(doors, scene.roles(3), &mut dice);
    let faults = shuffled(&mut dice);
    let (mut times, mut without_bus) = (Vec::new(), Vec::new());
    for fault in &faults {
        load.acknowledges(BETWEEN).await;
        a_moment(&mut dice, Duration::from_millis(300)).await;
        without_bus.extend(strike(*fault, &mut nodes, &load, &mut dice).await);
        times.push((*fault, everybody_has_read(&load, &nodes.database_url).await));
    }
    let verdict = scene
        .finish(load, &nodes.services[0], &nodes.database_url)
        .await;
    let of = |fault| {
        times
            .iter()
            .filter(move |(one, _)| *one == fault)
            .map(|(_, time)| *time)
    };
    let figures = |fault| {
        let mut all: Vec<u64> = of(fault).collect();
        all.sort_unstable();
        json!({"median": all.get(all.len() / 2), "longest": all.last()})
    };
    let mut result: Value = json!({
        "test": "faults of nodes", "nodes": 3, "seed": seed, "acknowledged": verdict.ends.ok,
        "lost": 0, "doubled": 0, "doubtful": verdict.ends.info, "stored": verdict.stored,
        "applied_by_readers": verdict.applied,
    });
    for (fault, name) in [
        (Fault::NodeKill, "node_kills"),
        (Fault::BusOutage, "bus_outages"),
        (Fault::Partition, "partitions"),
    ] {
        result[name] = json!(of(fault).count());
        result[format!("ms_until_all_have_all_after_{name}")] = figures(fault);
    }
    result["ms_until_all_have_all_without_bus"] = json!({"longest": without_bus.iter().max()});
    super::keep(result);
}

/// Lets one fault happen under load, and heals it. When it is the bus that fails: how many
/// milliseconds everybody needs to have everything without it.
async fn strike(fault: Fault, nodes: &mut Nodes, load: &Load, dice: &mut Dice) -> Option<u64> {
    let place = dice.below(nodes.services.len());
    match fault {
        Fault::NodeKill => {
            block_in_place(|| nodes.services[place].kill());
            load.acknowledges(BETWEEN).await;
            block_in_place(|| nodes.services[place].start_again());
            load.moved(place, &nodes.services[place].url);
            None
        }
        Fault::BusOutage => {
            nodes.bus.kill();
            load.acknowledges(BETWEEN).await;
            let late = everybody_has_read(load, &nodes.database_url).await;
            block_in_place(|| nodes.bus.start_again());
            Some(late)
        }
        Fault::Partition => {
            // Silence and refusal: a wire that holds everything, or one that breaks.
            match dice.one_in(2) {
                true => nodes.wires[place].hold(),
                false => nodes.wires[place].cut(),
            }
            load.acknowledges(BETWEEN).await;
            let late = everybody_has_read(load, &nodes.database_url).await;
            nodes.wires[place].open();
            Some(late)
        }
    }
}

/// Waits until every reader has all that is stored at this moment; returns the milliseconds.
async fn everybody_has_read(load: &Load, database_url: &str) -> u64 {
    let since = Instant::now();
    let last_of = block_in_place(|| truth::last_of(&truth::ends(database_url)));
    eventually("every reader has everything", || {
        let all = load.has_read(&last_of);
        async move { all.then(|| ms(since.elapsed())) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_once_share_one_new_database() {
    let (database_url, bus) = block_in_place(|| (Postgres::shared().database(), Nats::absent()));
    let sugar = Arc::new(Sugar::start().await);
    let start = || async {
        let setup = Setup {
            sugar: Some(Arc::clone(&sugar)),
            database_url: Some(database_url.clone()),
            bus_url: Some(bus.url()),
            ..Setup::default()
        };
        setup.start().await
    };
    let runtime = tokio::runtime::Handle::current();
    let started: Vec<Service> = block_in_place(|| {
        std::thread::scope(|scope| {
            let threads = [(); 3].map(|()| scope.spawn(|| runtime.block_on(start())));
            threads.map(|thread| thread.join().unwrap()).into()
        })
    });
    for node in &started {
        node.sign_in("sally").await.get("/v1/state").await;
    }
}
