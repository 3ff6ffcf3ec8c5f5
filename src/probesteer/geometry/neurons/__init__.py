"""Neurons against directions: is the basis of single units special, and what do units stand for?"""
