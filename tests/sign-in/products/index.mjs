// What is tried, in the order of the page. A product is a file here, which says how its users sign in and
// what the Worker is told; its application is below apps/, as its documentation has it.

import authjsDatabase from "./authjs-database.mjs";
import authjs, { rotating } from "./authjs.mjs";
import allauth from "./allauth.mjs";
import auth0 from "./auth0.mjs";
import betterAuthJwt from "./better-auth-jwt.mjs";
import betterAuth from "./better-auth.mjs";
import clerk from "./clerk.mjs";
import django from "./django.mjs";
import express, { apart as expressApart } from "./express.mjs";
import fastapi from "./fastapi.mjs";
import flask, { apart as flaskApart } from "./flask.mjs";
import hono from "./hono.mjs";
import ironSession from "./iron-session.mjs";
import laravel from "./laravel.mjs";
import nextauth from "./nextauth.mjs";
import nuxt from "./nuxt.mjs";
import supabase from "./supabase.mjs";

/** By the names that `ONLY` takes. @type {(import("../lib/stage.mjs").Product & { id: string })[]} */
export const PRODUCTS = Object.entries({
  "better-auth": betterAuth,
  "better-auth-jwt": betterAuthJwt,
  authjs,
  "authjs-rotating": rotating,
  "authjs-database": authjsDatabase,
  nextauth,
  auth0,
  hono,
  nuxt,
  "iron-session": ironSession,
  clerk,
  supabase,
  express,
  django,
  allauth,
  fastapi,
  flask,
  laravel,
  "express-apart": expressApart,
  "flask-apart": flaskApart,
}).map(([id, product]) => ({ id, ...product }));
