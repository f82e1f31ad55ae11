//! The portal as a whole: the shape of the tree, journeys through both faces, who may do what.

mod access;
mod alertmanager;
mod alerts;
mod apply;
mod boundaries;
mod clicks;
mod contract;
mod delivery;
mod executors;
mod forms;
mod guide;
mod hooks;
mod hostile;
mod journeys;
mod lifecycle;
mod live;
mod openapi;
mod pages;
mod reviews;
mod runs;
mod self_service;
mod storm;
mod support;
mod terraform_state;
mod wins;
mod wins_journey;
