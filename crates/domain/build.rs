//! `sqlx::migrate!` embeds the migrations when the crate is built; a new file there must rebuild it.
fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
