//! A Sugar user who may use Riverline.

use super::ids::MemberId;
use serde::{Deserialize, Serialize};

/// What colleagues see of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    /// Sugar's id of the user.
    #[schema(value_type = String, example = "seed_sally_id")]
    pub id: MemberId,
    /// Full name.
    #[schema(example = "Sally Bronsen")]
    pub name: String,
    /// Job title.
    #[schema(example = "Account Rep")]
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// The value of Sugar's `picture` field; the picture itself is Sugar's, for whoever may see it
    /// (`/Users/:id/file/picture`).
    #[serde(default)]
    pub picture: Option<String>,
    /// False once deactivated in Sugar.
    pub active: bool,
}
