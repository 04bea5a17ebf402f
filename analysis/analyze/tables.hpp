#pragma once
/// \file
/// An analysis as tables for other programs.

#include <string>

#include "summary.hpp"

namespace bayres::analysis {

/// Writes FOLDER/TABLE.csv for every table, each under a temporary name first: one line for each combination of labels
/// and places along the dimensions, with the number of every array of the table. Numbers read back as the same; texts
/// are quoted where they hold a comma or a quote (RFC 4180). On one rank. Throws if a file cannot be written.
void write_tables(const Summary& summary, const std::string& folder);

}  // namespace bayres::analysis
