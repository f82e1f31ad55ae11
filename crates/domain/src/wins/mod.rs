//! Wins and challenges: written at the edge, chosen and rewritten up the tree, published.
//!
//! A plan says who takes part and by when; [`turn`] opens its cycles, reminds, closes and publishes. People [`jot`] entries any
//! day; they wait in the team until whoever writes its [`Update`] chooses them ([`choose`], [`save`]) and hands it up ([`submit`]).
//! The level above sees them ([`below`]), makes lines of them ([`lift`], [`merge`], [`split`]) and rewrites those; each line knows what it was
//! made of ([`provenance`]). [`publish`] keeps the lines as a [`Document`] whose bytes never change, and sends it to its readers.
//!
//! **Who sees what** is said once, in the database's functions `wins_seen` (and `wins_visible`, its keys alone) and `wins_readable`: every
//! statement that reads entries for somebody joins them. Admins see no more than others.

mod archive;
mod below;
mod challenge;
mod checker;
mod cycle;
mod deadline;
mod document;
mod entry;
mod facts;
mod feed;
mod letter;
mod list;
mod named;
mod naming;
mod participation;
mod plain;
mod plan;
mod provenance;
mod publication;
mod publishing;
mod record;
mod rights;
mod save;
mod store;
mod submit;
mod thread;
mod turn;
mod update;
mod year;

pub use archive::{ArchiveFilter, Facets, Found, archive, archive_and_facets, facets, timeline};
pub use below::{below, lift, merge, split};
pub use challenge::{
    Challenge, ChallengeFilter, Stands, challenges, close_challenge, reopen_challenge, tell_again,
};
pub use cycle::{current_update, cycle, cycles, updates_of};
pub use document::{Addendum, Document, Line, Link};
pub use entry::{edit_entry, entry, entry_rights, jot, may_jot, mine, remove_entry};
pub use facts::{dismiss_proposal, proposals, restore_proposal, take_proposal};
pub use feed::{FEED_PREFIX, Feed, FeedItem, FeedRead, create_feed, feeds, read_feed, revoke_feed};
pub use letter::{LETTER, Letter, LetterJob, letter, letter_failed, letter_sent, letters_of, stop_letters};
pub use list::{
    AudienceList, ListMember, Member, NewMember, add_to_list, allow_address, create_list, delete_list, lists,
    may_change_lists, remove_from_list, waiting_addresses,
};
pub use naming::{answer_naming, attach_answer, waiting_for_answer};
pub use participation::participation;
pub use plan::{
    Level, NewPlan, Plan, Term, create_plan, deputy, edit_plan, glossary, may_name_deputy, plan, plans,
    put_term, remove_term, set_deputy, takes_part,
};
pub use provenance::{Behind, behind, lifted, provenance, traceable};
pub use publication::{
    Publication, PublicationFilter, add_addendum, publication, publication_by_id, publications, publish,
};
pub use publishing::{Held, Preview, PreviewAs, Publishing, preview, publishing};
pub use record::{
    ANSWER_WITHIN, AboutEntity, Audience, Below, Checked, Closed, Closing, Cycle, Entry, EntryEdit,
    EntryRights, Facet, Hint, Kind, Lifted, MOST_ENTRIES, MOST_NAMED, MOST_NUMBERS, Naming, NewEntry, Number,
    Offered, Owed, Part, Participation, Proposal, Provenance, Question, Sensitivity, Sheet, SheetEdit, Topic,
    Update, UpdateRights, UpdateState, WordKind, Words,
};
pub use rights::owed;
pub use save::save;
pub use submit::{quiet, recall, resume, stays_up, submit};
pub use thread::{Word, answer_question, ask, remove_word, thank, words};
pub use turn::turn;
pub use update::{
    choose, delegate, order, put_back, raise_limits, set_audience, sheet, update, update_by_id,
};
pub use year::{Year, YearOf, YearRow, year};
