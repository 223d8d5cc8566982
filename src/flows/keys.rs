//! An admin makes, lists and revokes integrators' keys.

use super::FlowError;
use crate::domain::access::{ApiKey, Scope};
use crate::domain::clock::{Clock, Entropy};
use crate::domain::ids::{KeyId, NumberId};
use crate::domain::token::{KEY_PREFIX, TokenHash, mint};
use crate::store::Store;
use crate::store::api_keys::{self, Listed};

/// A new key and its secret, shown once.
#[derive(Debug)]
pub struct NewKey {
    /// Its public id.
    pub id: KeyId,
    /// What integrators send as bearer token.
    pub secret: String,
}

/// Makes a key; only its hash is kept.
pub async fn add(
    store: &Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    name: &str,
    scopes: Vec<Scope>,
    numbers: Vec<NumberId>,
) -> Result<NewKey, FlowError> {
    let secret = mint(KEY_PREFIX, entropy);
    let id = format!("key-{}", entropy.uuid_v7(clock.now()));
    let id = KeyId::parse(&id).map_err(|_| FlowError::BadRequest("The id cannot be used."))?;
    let key = ApiKey {
        id: id.clone(),
        scopes,
        numbers,
    };
    let (hash, name) = (TokenHash::of(&secret), name.to_owned());
    store
        .write(move |tx| {
            let now = tx.now;
            Ok::<_, FlowError>(api_keys::insert(tx.conn()?, &key, &hash, &name, now)?)
        })
        .await?;
    Ok(NewKey { id, secret })
}

/// All keys, newest first, without their secrets.
pub async fn list(store: &Store) -> Result<Vec<Listed>, FlowError> {
    store
        .read(|conn| Ok::<_, FlowError>(api_keys::all(conn)?))
        .await
}

/// Revokes a key at once; false when there is none with this id.
pub async fn revoke(store: &Store, id: &str) -> Result<bool, FlowError> {
    let id = id.to_owned();
    let committed = store
        .write(move |tx| {
            let now = tx.now;
            Ok::<_, FlowError>(api_keys::revoke(tx.conn()?, &id, now)?)
        })
        .await?;
    Ok(committed.value)
}
