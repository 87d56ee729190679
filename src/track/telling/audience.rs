//! To whom a notice goes, and under which key.

use crate::model::{Audience, Code, ConditionKind, Level, NoticeKind, Recipient, RecipientKey, World};
use crate::track::parcel::Parcel;
use crate::track::view::View;

/// Audiences with their keys, each once; `hub` is the one that a notice to hub_ops goes to.
pub(super) fn audiences(
    kind: NoticeKind,
    level: Level,
    hub: Option<&str>,
    view: View<'_>,
    world: &World,
) -> Vec<(Audience, RecipientKey)> {
    let hub_ops = || hub.map(|hub| (Audience::HubOps, RecipientKey::hub(hub)));
    let mut configured = world.rules.tell.audiences(kind, level).peekable();
    let Some(announced) = view.announced else {
        // Nobody knows whose a shell is; the hub that scanned it does something about it.
        let is_condition = matches!(kind, NoticeKind::Condition(_));
        return hub_ops().filter(|_| is_condition && configured.peek().is_some()).into_iter().collect();
    };
    let concerned: Vec<Audience> = configured
        .map(|audience| if is_senders_now(kind, view.parcel) { to_sender(audience) } else { audience })
        .collect();
    let person = |person: &Option<Recipient>| RecipientKey::person(&world.hash_key, person.as_ref()?);
    let own = concerned.iter().filter_map(|&audience| {
        let key = match audience {
            Audience::Recipient => person(&announced.recipient),
            Audience::Sender => person(&announced.sender),
            Audience::HubOps => return hub_ops(),
            Audience::CustomerService => Some(RecipientKey::service()),
            // By what it asked to hear, below.
            Audience::Merchant => None,
        };
        key.map(|key| (audience, key))
    });
    let merchant = announced.merchant.as_deref().filter(|merchant| merchant_hears(merchant, &concerned, world));
    let merchant = merchant.map(|merchant| (Audience::Merchant, RecipientKey::merchant(merchant)));
    own.chain(merchant).collect()
}

/// Whether the merchant is told of what these audiences are told; unless it says otherwise, of what merchants are.
fn merchant_hears(merchant: &str, concerned: &[Audience], world: &World) -> bool {
    match world.merchants.get(merchant).and_then(|merchant| merchant.audiences.as_deref()) {
        Some(hears) => concerned.iter().any(|audience| hears.contains(audience)),
        None => concerned.contains(&Audience::Merchant),
    }
}

/// After `returning`, attempts and collection concern the sender.
fn is_senders_now(kind: NoticeKind, parcel: &Parcel) -> bool {
    let moves_with_it = matches!(
        kind,
        NoticeKind::Collection
            | NoticeKind::Condition(ConditionKind::AttemptFailed)
            | NoticeKind::Condition(ConditionKind::Uncollected)
    );
    moves_with_it && parcel.stage.has(|code| code == Code::Returning)
}

fn to_sender(audience: Audience) -> Audience {
    if audience == Audience::Recipient { Audience::Sender } else { audience }
}
